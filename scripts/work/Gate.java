package work;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether workers may work on the records of a partition, which may be revoked at any time, and which a handler may
 * pause. Safe for several threads.
 */
public final class Gate {
    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);

    private final TopicPartition partition;
    private final CountDownLatch draining = new CountDownLatch(1);
    private final Reminder reminder = new Reminder();
    private long lastBegun = -1; // guarded by this, as the next ones are
    private long firstAbandoned = Long.MAX_VALUE;
    private boolean pauseLogged;
    private volatile boolean left;
    private volatile int pauses; // in a row
    private volatile long pausedUntil = System.nanoTime();

    public Gate(TopicPartition partition) {
        this.partition = partition;
    }

    // --- for the poll thread --------------------------------------------------------------------------------------

    /**
     * From now on work begins only on records before one that was begun, and nothing is tried again. What is finished
     * then has no gaps, so that the next owner repeats nothing: if 5 and 7 are being handled, 6 still begins, and 8
     * does not. But a record that waits for a retry is left to the next owner, and so is all after it that has not
     * begun; the next owner finds in its ledger what of it is finished.
     */
    public synchronized void drain() {
        draining.countDown();
    }

    /** From now on the partition may be another consumer's: attempts are interrupted, and their results ignored. */
    public void leave() {
        left = true;
        drain();
    }

    public boolean left() {
        return left;
    }

    /** The last record that was begun, -1 if none was: while the partition drains, no later one begins. */
    public synchronized long lastBegun() {
        return lastBegun;
    }

    // --- for the workers ------------------------------------------------------------------------------------------

    /** Whether the first attempt at the record at this offset may begin. */
    synchronized boolean admits(long offset) {
        return isOpen() || !left && offset <= lastBegun && offset <= firstAbandoned;
    }

    /** Begins it, or returns false. */
    synchronized boolean begin(long offset) {
        if (!admits(offset)) {
            return false;
        }
        lastBegun = Math.max(lastBegun, offset);
        return true;
    }

    /** Whether a record may be tried again. */
    boolean isOpen() {
        return draining.getCount() > 0;
    }

    /** Notes that a record is left to the next owner. A later one of its key must not pass it, so none does. */
    synchronized void abandon(long offset) {
        firstAbandoned = Math.min(firstAbandoned, offset);
    }

    /**
     * Waits this long at least, and until a pause is over.
     *
     * @return false if that was cut short, because the partition drains
     */
    boolean sleep(Duration duration) {
        long until = System.nanoTime() + duration.toNanos();
        for (long now = System.nanoTime(); until - now > 0 || isPaused(); now = System.nanoTime()) {
            try {
                if (draining.await(Math.max(until - now, pausedUntil - now), TimeUnit.NANOSECONDS)) {
                    return false;
                }
            } catch (InterruptedException e) {
                LOG.debug("a worker that waits is interrupted, and goes on waiting");
            }
        }
        return true;
    }

    // --- a handler that cannot work now ---------------------------------------------------------------------------

    /** Whether the partition waits because a handler could not work. */
    public boolean isPaused() {
        return pauses > 0 && pausedUntil - System.nanoTime() > 0;
    }

    /** Pauses the partition, longer each time in a row. */
    synchronized void pause(Backoff backoff, String reason) {
        if (isPaused()) {
            return; // it was being handled when another one paused the partition
        }
        Duration pause = backoff.after(pauses + 1);
        pausedUntil = System.nanoTime() + pause.toNanos();
        pauses++;
        if (reminder.isDue()) {
            pauseLogged = true;
            LOG.warn("{} is paused, because its handler cannot work now: {}. It is tried again in {} ms; no attempt is "
                    + "counted.", partition, reason, pause.toMillis());
        }
    }

    /** Notes that the handler works. What it began before a pause does not end the pause. */
    void worked() {
        if (pauses > 0 && !isPaused()) {
            endPause();
        }
    }

    private synchronized void endPause() {
        pauses = 0;
        if (pauseLogged) {
            pauseLogged = false;
            LOG.info("{} goes on: its handler works again", partition);
        }
    }
}
