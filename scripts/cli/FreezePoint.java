package cli;

import java.io.IOException;
import java.util.Collection;

/**
 * A hook for tests and for the curious: freezes the whole process (SIGSTOP) the first time that it gets to a point
 * between two steps with records in hand. Then {@code kill -9} it, to see what a crash just there leaves behind, or
 * {@code kill -CONT} it once the group has given it up, to make it a zombie.
 */
public enum FreezePoint {
    /** Records are polled, and no more. */
    POLLED,
    /** Orders are handled, and nothing of it is written. */
    HANDLED,
    /** Outcomes are acknowledged; the offsets, or the transaction that holds both, are not committed. */
    WRITTEN,
    /** The offsets are committed. */
    COMMITTED;

    private static FreezePoint armed;

    static void arm(FreezePoint point) {
        armed = point;
    }

    /** The same if there are records. */
    public void reachedWith(Collection<?> records) {
        if (!records.isEmpty()) {
            reached();
        }
    }

    /** Freezes here if this is the point chosen, once. */
    public void reached() {
        if (armed == this) {
            armed = null;
            System.out.println("freezing at " + name().toLowerCase() + ", process " + ProcessHandle.current().pid());
            try {
                // the shell lives on until the signal has stopped all threads, this one too
                new ProcessBuilder("sh", "-c", "kill -STOP " + ProcessHandle.current().pid() + "; sleep 1").start()
                        .waitFor();
            } catch (IOException | InterruptedException e) {
                throw new Failure("--freeze-at needs a shell with kill (" + e.getMessage() + ").");
            }
        }
    }
}
