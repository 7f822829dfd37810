package orders;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * A partition while this consumer has it: its uncommitted records, its ledger, and how far it has let go of it. For the
 * poll thread, but for {@link #open()}, {@link #pause} and the ledger, which the workers use.
 */
public final class OwnedPartition {
    private final TopicPartition topicPartition;
    private final Ledger ledger;
    private final OffsetQueue uncommitted = new OffsetQueue();
    private final CountDownLatch draining = new CountDownLatch(1);
    private int atWork;
    private boolean gone;

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

    public OffsetQueue uncommitted() {
        return uncommitted;
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

    /** From now on nothing is begun; what has begun may finish. */
    public void drain() {
        draining.countDown();
    }

    /** From now on nothing of it counts: another consumer may have it. */
    public void forget() {
        drain();
        gone = true;
        ledger.close();
    }

    /** Whether work on its records may begin. */
    public boolean open() {
        return draining.getCount() > 0;
    }

    public boolean gone() {
        return gone;
    }

    /** Waits, but no longer than it is {@link #open()}. */
    public void pause(Duration duration) {
        try {
            draining.await(duration.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
