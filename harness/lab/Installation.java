package lab;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A command that installs or downloads something. Its progress is printed, and it is ended when it takes too long. Only
 * the command itself is waited for, not what it leaves running, nor what holds its output open.
 */
final class Installation {
    private static final long SECONDS_BETWEEN_LINES = 10;
    private static final long SECONDS_TO_END = 60; // apt-get rightly ignores an interrupt while dpkg runs
    private static final int WIDTH = 70;
    private static final PrintStream OUT = System.out; // an interrupted run sets another one, which is silent

    private static final Set<Installation> AT_WORK = new HashSet<>();
    private static boolean ending;

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Installation::endAll, "installations"));
    }

    private final String what;
    private final Path log;
    private final Process process;
    private final Instant start = Instant.now();

    private Installation(String what, Path log, Process process) {
        this.what = what;
        this.log = log;
        this.process = process;
    }

    /**
     * Runs a command to its end.
     *
     * @param logs where its output goes
     * @param env  variables to add
     * @return whether it succeeded in time
     * @throws IllegalStateException if this process is about to end
     */
    static boolean run(String what, Path logs, Duration atMost, Map<String, String> env, String... command) {
        List<String> line = new ArrayList<>(List.of(command));
        if (Tool.installed("setsid").isPresent()) { // or else the terminal's Ctrl-C would interrupt dpkg
            line.addFirst("setsid");
        }
        Path log = logs.resolve(what.replaceAll("\\W+", "-") + ".out");
        ProcessBuilder builder = new ProcessBuilder(line).redirectInput(new File("/dev/null")).redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(env);
        Installation installation;
        synchronized (AT_WORK) {
            if (ending) {
                throw new IllegalStateException("interrupted");
            }
            OUT.println(what + " …");
            try {
                Files.createDirectories(logs);
                installation = new Installation(what, log, builder.start());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            AT_WORK.add(installation);
        }
        try {
            return installation.wait(atMost);
        } catch (InterruptedException e) {
            installation.end();
            throw new IllegalStateException("interrupted", e);
        } finally {
            synchronized (AT_WORK) {
                AT_WORK.remove(installation);
            }
        }
    }

    private static void endAll() {
        List<Installation> all;
        synchronized (AT_WORK) {
            ending = true;
            all = List.copyOf(AT_WORK);
        }
        all.forEach(Installation::end);
    }

    private boolean wait(Duration atMost) throws InterruptedException {
        while (!process.waitFor(SECONDS_BETWEEN_LINES, TimeUnit.SECONDS)) {
            if (seconds() > atMost.toSeconds()) {
                OUT.println(what + " takes more than " + atMost.toSeconds() + " s and is stopped");
                end();
                return false;
            }
            OUT.printf("%s: %d s, %s%n", what, seconds(), lastLine(".*\\S.*"));
        }
        boolean done = process.exitValue() == 0;
        OUT.println(what + (done ? " took " + seconds() + " s"
                : " failed: " + lastLine(".*[Ee]rror.*|E: .*") + "; see " + log));
        return done;
    }

    /** Interrupts it, and waits: a package that is half installed is worse than a minute more. */
    private void end() {
        OUT.println("waiting for " + what + " to stop");
        try {
            new ProcessBuilder("bash", "-c", "kill -INT " + process.pid()).start().waitFor();
            if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (IOException | InterruptedException e) {
            process.destroyForcibly();
        }
    }

    private long seconds() {
        return Duration.between(start, Instant.now()).toSeconds();
    }

    /** The last matching line of its output so far. */
    private String lastLine(String pattern) {
        try {
            String last = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines()
                    .filter(line -> line.matches(pattern)).reduce("", (a, b) -> b).strip();
            return last.substring(0, Math.min(WIDTH, last.length()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
