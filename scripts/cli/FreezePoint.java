package cli;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

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
    /** Dead letters are acknowledged; their outcomes are not written. In a transaction there is no such point. */
    DEAD_LETTERED,
    /** Outcomes are acknowledged; the offsets, or the transaction that holds both, are not committed. */
    WRITTEN,
    /** The offsets are committed. */
    COMMITTED,
    /** Kafka has acknowledged an order; its client has no answer. */
    ACKNOWLEDGED,
    /** Replayed records are acknowledged; the progress, or the transaction that holds both, is not committed. */
    SENT;

    private static final AtomicReference<FreezePoint> ARMED = new AtomicReference<>();

    /**
     * Chooses the point.
     *
     * @param name     as on the command line; null for none
     * @param possible those that this script has
     * @throws Failure if it is none of these
     */
    public static void arm(String name, FreezePoint... possible) {
        if (name != null) {
            ARMED.set(Arrays.stream(possible).filter(point -> point.toString().equals(name)).findFirst()
                    .orElseThrow(() -> new Failure(ExitCode.USAGE, "--freeze-at " + name + ": give "
                            + Arrays.stream(possible).map(FreezePoint::toString).collect(Collectors.joining(" or "))
                            + ".")));
        }
    }

    /** The same if there are records. */
    public void reachedWith(Collection<?> records) {
        if (!records.isEmpty()) {
            reached();
        }
    }

    /** Freezes, once, if this is the chosen point. */
    public void reached() {
        if (ARMED.compareAndSet(this, null)) {
            System.out.println("freezing at " + this + ", process " + ProcessHandle.current().pid());
            try {
                // the shell runs until the signal has stopped all threads, including this one
                new ProcessBuilder("sh", "-c", "kill -STOP " + ProcessHandle.current().pid() + "; sleep 1").start()
                        .waitFor();
            } catch (IOException | InterruptedException e) {
                throw new Failure("--freeze-at needs a shell with kill (" + e.getMessage() + ").");
            }
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase().replace('_', '-');
    }
}
