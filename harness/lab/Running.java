package lab;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A real process, started as a user starts it; its output goes to files. */
public final class Running implements AutoCloseable {
    private final String name;
    private final Process process;
    private final Path out;
    private final Path err;

    private Running(String name, Process process, Path out, Path err) {
        this.name = name;
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /**
     * Starts a command in a folder, with its standard input empty.
     *
     * @param name what to call it, and its log files, which go to {@code logs}
     * @param env  variables to add; an empty value removes one
     */
    public static Running start(String name, Path logs, Path folder, Map<String, String> env, List<String> command) {
        try {
            Files.createDirectories(logs);
            Files.createDirectories(folder);
            int number = 1;
            while (Files.exists(logs.resolve(name + "-" + number + ".out"))) {
                number++;
            }
            Path out = Files.createFile(logs.resolve(name + "-" + number + ".out"));
            Path err = logs.resolve(name + "-" + number + ".err");
            ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                    .redirectOutput(out.toFile()).redirectError(err.toFile());
            env.forEach((key, value) -> {
                if (value.isEmpty()) {
                    builder.environment().remove(key);
                } else {
                    builder.environment().put(key, value);
                }
            });
            return new Running(name + "-" + number, Reaper.start(builder), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String name() {
        return name;
    }

    /** The CPU time that it has used so far; zero once it has ended. */
    public Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    public long pid() {
        return process.pid();
    }

    /** Its descendants, except those whose parent has ended. */
    public Stream<ProcessHandle> descendants() {
        return process.descendants();
    }

    public boolean alive() {
        return process.isAlive();
    }

    public String out() {
        return read(out);
    }

    public String err() {
        return read(err);
    }

    /** Waits for a line on standard output and returns the pattern's first group. */
    public String awaitOut(String what, Pattern pattern, Duration atMost) {
        String[] found = new String[1];
        await(name + ": " + what)
                .atMost(atMost)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(30))
                .until(() -> {
                    Matcher matcher = pattern.matcher(out());
                    if (matcher.find()) {
                        found[0] = matcher.group(1);
                        return true;
                    }
                    if (!alive()) {
                        throw new IllegalStateException(name + " ended with exit code " + process.exitValue()
                                + " before: " + what + "\n" + tail());
                    }
                    return false;
                });
        return found[0];
    }

    /** Waits for the end and returns the exit code. */
    public int awaitExit(Duration atMost) {
        try {
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(name + " has not ended after " + atMost + "\n" + tail());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while waiting for " + name, e);
        }
    }

    /** Waits for the end, and returns the exit code and output. */
    public Ended ended(Duration atMost) {
        return new Ended(name, awaitExit(atMost), out(), err());
    }

    /** SIGKILL: no clean-up. */
    public void kill9() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
    }

    /** SIGTERM, without waiting for the end. */
    public void terminate() {
        process.destroy();
    }

    /** SIGTERM, as a service manager or (as SIGINT) Ctrl-C would; returns the exit code. */
    public int stop() {
        return stopWithin(Duration.ofSeconds(40));
    }

    /** The same with another time limit. */
    public int stopWithin(Duration atMost) {
        process.destroy();
        return awaitExit(atMost);
    }

    /** Freezes the process (SIGSTOP), as a long pause of its machine would. */
    public void freeze() {
        signal("STOP");
    }

    public void thaw() {
        signal("CONT");
    }

    /** Whether it is frozen, by {@link #freeze} or by itself. */
    public boolean frozen() {
        Path stat = Path.of("/proc", String.valueOf(pid()), "stat"); // not every Linux has ps, and macOS has no /proc
        try {
            if (Files.exists(stat)) {
                String line = Files.readString(stat);
                return line.charAt(line.lastIndexOf(')') + 2) == 'T';
            }
            Process ps = new ProcessBuilder("ps", "-o", "state=", "-p", String.valueOf(pid())).start();
            return new String(ps.getInputStream().readAllBytes(), StandardCharsets.UTF_8).startsWith("T");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void signal(String signal) {
        signal(signal, pid());
    }

    static void signal(String signal, long pid) {
        try {
            new ProcessBuilder("bash", "-c", "kill -" + signal + " " + pid).start().waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The last lines of both outputs. */
    public String tail() {
        return alive() ? "--- " + name + " (running)\n" + Ended.tail(out()) + Ended.tail(err())
                : new Ended(name, process.exitValue(), out(), err()).tail();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL, also for its descendants, if it still runs: nobody looks at it any more. */
    void discard() {
        Reaper.kill(process);
    }

    /** Ends it and its descendants: SIGTERM first, then SIGKILL. */
    @Override
    public void close() {
        Reaper.end(process);
    }
}
