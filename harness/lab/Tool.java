package lab;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What some proofs need that not every machine has. What is missing is brought, if that can be done without asking
 * anybody; what cannot be had is the same for all: see {@link Needs}.
 */
public enum Tool {
    BROWSER("no browser", "install Chrome or Chromium, such as with 'apt-get install chromium'") {
        @Override
        boolean bring(Path logs) {
            return Browser.start(logs);
        }
    },
    CURL("no curl", "install curl, such as with 'apt-get install curl'") {
        @Override
        boolean bring(Path logs) {
            return installed("curl").isPresent() || apt(logs, "curl");
        }
    },
    COMPOSE("no Docker Compose", "install Docker Compose, such as with 'apt-get install docker-compose'") {
        @Override
        boolean bring(Path logs) {
            return works("docker", "compose", "version") || installed("docker-compose").isPresent()
                    || apt(logs, "docker-compose");
        }
    };

    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(15);
    private static final Duration LONGEST_INSTALLATION = Duration.ofMinutes(5);
    private static final Map<String, String> NO_QUESTIONS = Map.of("DEBIAN_FRONTEND", "noninteractive");
    private static Path logs;
    private static boolean updated;

    /** Why a test was skipped for want of it. */
    public final String missing;
    /** What to do about it. */
    public final String remedy;

    private Boolean there;

    Tool(String missing, String remedy) {
        this.missing = missing;
        this.remedy = remedy;
    }

    /** Called once, before the tests run. */
    public static void use(Path logs) {
        Tool.logs = logs;
    }

    /** Whether it can be used. Brings it, if need be, the first time that it is asked for; the others wait. */
    public final synchronized boolean there() {
        if (there == null) {
            there = bring(logs);
        }
        return there;
    }

    abstract boolean bring(Path logs);

    /** Where on the PATH the first of these is. */
    static Optional<Path> installed(String... names) {
        return Stream.of(names)
                .flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Whether a command ends well, and soon. */
    public static boolean works(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            boolean ended = process.waitFor(LONGEST_ANSWER.toSeconds(), TimeUnit.SECONDS);
            process.destroyForcibly();
            return ended && process.exitValue() == 0;
        } catch (IOException e) { // it is not installed
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** As root on Debian and what is made of it: installs a package. Returns whether that worked. */
    static synchronized boolean apt(Path logs, String aptPackage) {
        if (!System.getProperty("user.name").equals("root") || installed("apt-get").isEmpty() || !isDebian()) {
            return false;
        }
        if (!updated) {
            updated = Installation.run("apt-get update", logs, LONGEST_INSTALLATION, NO_QUESTIONS,
                    "apt-get", "update", "-q");
        }
        return updated && Installation.run("apt-get install " + aptPackage, logs, LONGEST_INSTALLATION, NO_QUESTIONS,
                "apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=60",
                aptPackage);
    }

    private static boolean isDebian() {
        try {
            return Files.readString(Path.of("/etc/os-release")).matches("(?s).*\\bID(_LIKE)?=\"?[a-z ]*debian.*");
        } catch (IOException e) {
            return false;
        }
    }
}
