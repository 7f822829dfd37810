package work;

import java.time.Duration;

/**
 * Limits how often the log repeats what goes on: at once, then every five seconds. Safe for several threads.
 */
public final class Reminder {
    private static final long EVERY = Duration.ofSeconds(5).toNanos();

    private long next = System.nanoTime();

    /** Whether to say it now. */
    public synchronized boolean isDue() {
        if (System.nanoTime() - next < 0) {
            return false;
        }
        rest();
        return true;
    }

    /** Says nothing for the next five seconds: what ends sooner is not worth a line. */
    public synchronized void rest() {
        next = System.nanoTime() + EVERY;
    }
}
