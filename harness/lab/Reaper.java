package lab;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Ends the processes that this process started, with their descendants, even if this process is killed. Each has this
 * run's id in its environment, and its children inherit it: so those whose parents have ended are found, too. A small
 * shell reads from a pipe what else to remove. When the pipe closes, for any reason, it ends and removes everything.
 */
public final class Reaper {
    private static final String MARK = "KAFKA_ORDER_LAB_RUN";
    private static final String RUN = UUID.randomUUID().toString();
    private static final Duration LONGEST_END = Duration.ofSeconds(30);
    private static final Duration POLITE = Duration.ofSeconds(15);

    /** SIGTERM for 8 s, thawing what is frozen, then SIGKILL. Linux has /proc, macOS a ps that shows environments. */
    private static final String SHELL = """
            trap '' INT TERM HUP
            read -r run
            labels= folders=()
            while read -r kind what; do
                case $kind in
                    label) labels="$labels $what" ;;
                    folder) folders+=("$what") ;;
                esac
            done
            marked() {
                if [ -r /proc/self/environ ]; then
                    grep -lszF "$run" /proc/[0-9]*/environ | cut -d / -f 3
                else
                    ps -axEww -o pid= -o command= |
                        while read -r pid rest; do case $rest in *"$run"*) echo "$pid" ;; esac; done
                fi
            }
            for round in {1..80}; do
                left=$(marked)
                [ -n "$left" ] || break
                if [ "$round" -le 40 ]; then kill -TERM $left; kill -CONT $left; else kill -KILL $left; fi
                sleep 0.2
            done
            for label in $labels; do
                for one in $(docker ps -aq --filter "label=$label"); do docker rm -f -v "$one"; done
                for one in $(docker network ls -q --filter "label=$label"); do docker network rm "$one"; done
                for one in $(docker volume ls -q --filter "label=$label"); do docker volume rm "$one"; done
            done
            for folder in "${folders[@]}"; do rm -rf "$folder"; done
            """;
    private static final Reaper INSTANCE = new Reaper();
    private static Path temporary;

    private final Process shell;
    private final OutputStream pipe;
    private boolean ending;

    private Reaper() {
        try {
            shell = new ProcessBuilder("bash", "-c", SHELL).redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.DISCARD).start();
        } catch (IOException e) {
            throw new UncheckedIOException("bash is needed to run the scripts", e);
        }
        pipe = shell.getOutputStream();
        say(RUN);
        Runtime.getRuntime().addShutdownHook(new Thread(this::end, "reaper"));
    }

    /**
     * Starts a process that will not outlive this one.
     *
     * @throws IllegalStateException if this one is about to end
     */
    static Process start(ProcessBuilder builder) throws IOException {
        synchronized (INSTANCE) {
            if (INSTANCE.ending) {
                throw new IllegalStateException("interrupted");
            }
            builder.environment().putAll(mark());
            return builder.start();
        }
    }

    /** The variables that a process needs that a library starts for us. */
    public static Map<String, String> mark() {
        String outer = System.getenv(MARK); // a run within a run has both
        return Map.of(MARK, outer == null ? RUN : outer + " " + RUN);
    }

    /** Removes, at the end, everything with this label from Docker: containers, networks and volumes. */
    public static void watchDocker(String label) {
        INSTANCE.say("label " + label);
    }

    /** A folder for temporary files that is removed at the end: a killed process cannot remove its own. */
    public static synchronized Path temporary() {
        if (temporary == null) {
            try {
                temporary = Files.createTempDirectory("order-lab-");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            INSTANCE.say("folder " + temporary.toAbsolutePath());
        }
        return temporary;
    }

    /** Ends a process and its descendants: SIGTERM first, SIGKILL for those that are still there after a while. */
    static void end(Process process) {
        List<ProcessHandle> tree = tree(process);
        tree.forEach(ProcessHandle::destroy);
        try {
            CompletableFuture.allOf(tree.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                    .get(POLITE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            tree.forEach(ProcessHandle::destroyForcibly);
        } catch (InterruptedException e) {
            tree.forEach(ProcessHandle::destroyForcibly);
            Thread.currentThread().interrupt();
        }
    }

    /** Kills a process and its descendants. */
    static void kill(Process process) {
        tree(process).forEach(ProcessHandle::destroyForcibly);
    }

    private static List<ProcessHandle> tree(Process process) {
        return Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    }

    private synchronized void say(String line) {
        try {
            pipe.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            pipe.flush();
        } catch (IOException e) {
            System.err.println("the clean-up shell has ended: " + e.getMessage());
        }
    }

    private void end() {
        synchronized (this) {
            ending = true;
        }
        try {
            pipe.close();
            shell.waitFor(LONGEST_END.toSeconds(), TimeUnit.SECONDS);
        } catch (IOException | InterruptedException e) {
            System.err.println("the clean-up shell has ended: " + e.getMessage());
        }
    }
}
