package orders;

import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * A partition while this consumer has it: its uncommitted records, its ledger, and how far it has let go of it. For the
 * poll thread, but for {@link #open()} and the ledger, which the workers ask.
 */
public final class OwnedPartition {
    private enum State { OPEN, DRAINING, GONE }

    private final TopicPartition topicPartition;
    private final Ledger ledger;
    private final OffsetQueue uncommitted = new OffsetQueue();
    private int atWork;
    private OptionalLong toCommit = OptionalLong.empty();
    private volatile State state = State.OPEN;

    public OwnedPartition(TopicPartition topicPartition, Ledger ledger) {
        this.topicPartition = topicPartition;
        this.ledger = ledger;
    }

    public TopicPartition topicPartition() {
        return topicPartition;
    }

    public Ledger ledger() {
        return ledger;
    }

    /** Takes in a record that is about to go to the workers. */
    public Delivery accept(ConsumerRecord<byte[], byte[]> record) {
        Delivery delivery = new Delivery(record, this);
        uncommitted.add(delivery);
        atWork++;
        return delivery;
    }

    /** Notes that the workers gave a record back. */
    public void returned() {
        atWork--;
    }

    /** How many records the workers still have. */
    public int atWork() {
        return atWork;
    }

    /** How many records were taken in and are not yet committed. */
    public int inFlight() {
        return uncommitted.size();
    }

    /**
     * The offset to commit; stays until {@link #committed()}, so that a commit that failed is made up for by the next.
     */
    public OptionalLong toCommit() {
        OptionalLong moved = uncommitted.takeFinished();
        toCommit = moved.isPresent() ? moved : toCommit;
        return toCommit;
    }

    public void committed() {
        toCommit = OptionalLong.empty();
    }

    /** From now on nothing is begun; what has begun may finish. */
    public void drain() {
        state = State.DRAINING;
    }

    /** From now on nothing of it counts: another consumer may have it. */
    public void forget() {
        state = State.GONE;
        ledger.close();
    }

    public boolean open() {
        return state == State.OPEN;
    }

    public boolean gone() {
        return state == State.GONE;
    }
}
