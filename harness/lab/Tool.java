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
 * A tool that some proofs need and that not every machine has. A missing tool is installed, if that needs no questions.
 * For tests whose tool cannot be installed, see {@link Needs}.
 */
public enum Tool {
    BROWSER("no browser", "install Chrome or Chromium, such as with 'apt-get install chromium'") {
        @Override
        boolean install(Path logs) {
            return Browser.start(logs);
        }
    },
    CURL("no curl", "install curl, such as with 'apt-get install curl'") {
        @Override
        boolean install(Path logs) {
            return installed("curl").isPresent() || apt(logs, "curl");
        }
    },
    COMPOSE("no Docker Compose", "install Docker Compose, such as with 'apt-get install docker-compose'") {
        @Override
        boolean install(Path logs) {
            return works("docker", "compose", "version") || installed("docker-compose").isPresent()
                    || apt(logs, "docker-compose");
        }
    };

    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(15);
    private static final Duration LONGEST_INSTALLATION = Duration.ofMinutes(5);
    private static final Map<String, String> NO_QUESTIONS = Map.of("DEBIAN_FRONTEND", "noninteractive");
    private static Path logs;
    private static boolean updated;

    /** The reason of a test that is skipped without it. */
    public final String missing;
    /** What to do about it. */
    public final String remedy;

    private Boolean available;

    Tool(String missing, String remedy) {
        this.missing = missing;
        this.remedy = remedy;
    }

    /** Called once, before the tests run. */
    public static void use(Path logs) {
        Tool.logs = logs;
    }

    /** Whether it can be used. The first call installs it if it is missing; other calls wait for that. */
    public final synchronized boolean isAvailable() {
        if (available == null) {
            available = install(logs);
        }
        return available;
    }

    abstract boolean install(Path logs);

    /** The path of the first of these that is on the PATH. */
    static Optional<Path> installed(String... names) {
        return Stream.of(names)
                .flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Whether a command succeeds, and soon. */
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

    /** As root on Debian and its derivatives: installs a package. Returns whether that worked. */
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
