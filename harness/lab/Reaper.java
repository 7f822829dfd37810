package lab;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Ends what this process started even if it is killed itself: a small shell reads from a pipe what is alive, and once
 * the pipe is closed, for whatever reason, ends what is left.
 */
public final class Reaper {
    private static final String SHELL = """
            trap '' INT TERM HUP
            alive=' '
            while read -r sign kind id; do
                case $sign in
                    +) alive="$alive$kind:$id " ;;
                    -) alive="${alive/ $kind:$id / }" ;;
                esac
            done
            for one in $alive; do
                case $one in
                    process:*) kill -9 "${one#*:}" ;;
                    container:*) docker rm -f -v "${one#*:}" ;;
                esac
            done >/dev/null 2>&1
            """;
    private static final Reaper INSTANCE = new Reaper();

    private final OutputStream pipe;

    private Reaper() {
        try {
            pipe = new ProcessBuilder("bash", "-c", SHELL).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start().getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException("bash is needed to run the scripts", e);
        }
    }

    static void watch(Process process) {
        INSTANCE.say("+ process " + process.pid());
        process.onExit().thenRun(() -> INSTANCE.say("- process " + process.pid()));
    }

    public static void watchContainer(String id) {
        INSTANCE.say("+ container " + id);
    }

    private synchronized void say(String line) {
        try {
            pipe.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            pipe.flush();
        } catch (IOException e) {
            System.err.println("the reaper is gone: " + e.getMessage());
        }
    }
}
