package consumer;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import ledger.Ledger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import work.Gate;

/**
 * A partition while this consumer has it: its uncommitted records, its ledger, and whether it is being released. For
 * the poll thread, except {@link #begin}, {@link #sleep} and the ledger, which the workers use.
 */
public final class OwnedPartition implements Gate {
    private final TopicPartition topicPartition;
    private final Ledger ledger;
    private final OffsetQueue uncommitted = new OffsetQueue();
    private final CountDownLatch draining = new CountDownLatch(1);
    private final long assignedAt = System.nanoTime();
    private long lastBegun = -1; // guarded by this
    private long lastAccepted = -1;
    private int atWork;
    private volatile boolean gone;

    OwnedPartition(TopicPartition topicPartition, Ledger ledger) {
        this.topicPartition = topicPartition;
        this.ledger = ledger;
    }

    public TopicPartition topicPartition() {
        return topicPartition;
    }

    public Ledger ledger() {
        return ledger;
    }

    /** How long ago it was assigned. */
    Duration age() {
        return Duration.ofNanos(System.nanoTime() - assignedAt);
    }

    public OffsetQueue uncommitted() {
        return uncommitted;
    }

    /**
     * Adds a record that is about to go to the workers.
     *
     * @param bytes its size
     */
    OffsetQueue.Place accept(ConsumerRecord<?, ?> record, int bytes) {
        atWork++;
        lastAccepted = record.offset();
        return uncommitted.add(record, bytes);
    }

    /** Whether a record of this offset was accepted before, so that the partition's offsets have gone back. */
    boolean hasAccepted(long offset) {
        return offset <= lastAccepted;
    }

    /** Notes that the workers returned a record. */
    public void returned() {
        atWork--;
    }

    /** How many records the workers still have. */
    public int atWork() {
        return atWork;
    }

    /**
     * From now on work begins only on records before one that was begun. What is finished then has no gaps, so that the
     * next owner repeats nothing.
     */
    public synchronized void drain() {
        draining.countDown();
    }

    /** Whether work on a record may begin, or go on after a failure; asked by a worker that has a slot for it. */
    @Override
    public synchronized boolean begin(long offset) {
        if (draining.getCount() == 0 && (gone || offset > lastBegun)) {
            return false;
        }
        lastBegun = Math.max(lastBegun, offset);
        return true;
    }

    /** From now on its results are ignored: another consumer may have the partition. */
    public synchronized void forget() {
        drain();
        gone = true;
        ledger.close();
    }

    public boolean gone() {
        return gone;
    }

    /** Waits, but returns once the partition drains. */
    @Override
    public void sleep(Duration duration) {
        try {
            draining.await(duration.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
