package consumer;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import work.Result;

/** A delivery with what came of it, and what is still to be written on account of that. For the poll thread only. */
public final class Handled {
    private final Delivery delivery;
    private final Result result;
    private ProducerRecord<byte[], byte[]> deadLetter; // null where there is none, or it is written
    private ProducerRecord<byte[], byte[]> outcome; // the same

    public Handled(Delivery delivery, Result result, ProducerRecord<byte[], byte[]> deadLetter,
            ProducerRecord<byte[], byte[]> outcome) {
        this.delivery = delivery;
        this.result = result;
        this.deadLetter = deadLetter;
        this.outcome = outcome;
    }

    public Result result() {
        return result;
    }

    public String key() {
        return delivery.key();
    }

    public OwnedPartition partition() {
        return delivery.partition();
    }

    public ProducerRecord<byte[], byte[]> deadLetter() {
        return deadLetter;
    }

    public ProducerRecord<byte[], byte[]> outcome() {
        return outcome;
    }

    /** What is still to be written, in this order. */
    public List<ProducerRecord<byte[], byte[]>> unwritten() {
        List<ProducerRecord<byte[], byte[]>> unwritten = new ArrayList<>(2);
        if (deadLetter != null) {
            unwritten.add(deadLetter);
        }
        if (outcome != null) {
            unwritten.add(outcome);
        }
        return unwritten;
    }

    public void wrote(ProducerRecord<byte[], byte[]> record) {
        deadLetter = record == deadLetter ? null : deadLetter;
        outcome = record == outcome ? null : outcome;
    }

    public boolean isWritten() {
        return deadLetter == null && outcome == null;
    }

    public void finished(boolean finished) {
        delivery.slot().finished(finished);
    }

    @Override
    public String toString() {
        return delivery.toString();
    }
}
