package consumer;

import java.time.Duration;
import ledger.Ledger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import work.Gate;

/**
 * A partition while this consumer has it: its uncommitted records, its ledger, and whether it is being released. For
 * the poll thread, except the gate and the ledger, which the workers use.
 */
public final class OwnedPartition {
    private final TopicPartition topicPartition;
    private final Ledger ledger;
    private final OffsetQueue uncommitted;
    private final Gate gate;
    private final long assignedAt = System.nanoTime();
    private long lastAccepted = -1;
    private int atWork;

    /** @param topicId is committed with its offsets */
    public OwnedPartition(TopicPartition topicPartition, String topicId, Ledger ledger) {
        this.topicPartition = topicPartition;
        this.uncommitted = new OffsetQueue(topicId);
        this.ledger = ledger;
        this.gate = new Gate(topicPartition);
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

    boolean hasAcceptedNone() {
        return lastAccepted < 0;
    }

    /** Notes that the workers returned a record. */
    void returned(OffsetQueue.Place place) {
        place.handled();
        atWork--;
    }

    /** Whether the workers have returned all that they work on, once it drains: what has not begun never begins. */
    boolean isDrained() {
        return atWork == 0 || !uncommitted.isAtWork(gate.lastBegun());
    }

    /** How many records the workers still have. */
    public int atWork() {
        return atWork;
    }

    /** Whether the workers may work on its records. */
    public Gate gate() {
        return gate;
    }

    /** From now on no work begins, but for what {@link Gate#drain} excepts. */
    public void drain() {
        gate.drain();
    }

    /** From now on its results are ignored, and its handlers interrupted: another consumer may have the partition. */
    public void forget() {
        gate.leave();
        ledger.close();
    }

    public boolean gone() {
        return gate.left();
    }
}
