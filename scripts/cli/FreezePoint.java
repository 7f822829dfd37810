package cli;

import java.io.IOException;
import java.util.Collection;

/**
 * A hook for tests and for the curious: freezes the whole process (SIGSTOP) the first time that records get to a point
 * between two steps. Then {@code kill -9} it, to see what a crash at that point leaves behind, or {@code kill -CONT} it
 * once the group has removed it, to make it a zombie.
 */
public enum FreezePoint {
    /** Records are polled, but not handled. */
    POLLED,
    /** Orders are handled, but nothing is written. */
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

    /** Freezes, once, if this is the chosen point. */
    public void reached() {
        if (armed == this) {
            armed = null;
            System.out.println("freezing at " + name().toLowerCase() + ", process " + ProcessHandle.current().pid());
            try {
                // the shell runs until the signal has stopped all threads, including this one
                new ProcessBuilder("sh", "-c", "kill -STOP " + ProcessHandle.current().pid() + "; sleep 1").start()
                        .waitFor();
            } catch (IOException | InterruptedException e) {
                throw new Failure("--freeze-at needs a shell with kill (" + e.getMessage() + ").");
            }
        }
    }
}
