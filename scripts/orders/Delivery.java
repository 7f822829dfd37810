package orders;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/** One record on its way through the consumer: what came in, what came of it, and whether that is written. */
public final class Delivery {
    private final ConsumerRecord<byte[], byte[]> record;
    private final OwnedPartition partition;
    private Result result;
    private boolean finished;

    public Delivery(ConsumerRecord<byte[], byte[]> record, OwnedPartition partition) {
        this.record = record;
        this.partition = partition;
    }

    /** What came of a record. */
    public sealed interface Result permits Processed, Duplicate, DeadLettered, Abandoned {
    }

    /** The order's effect took place, at the given attempt. */
    public record Processed(Order order, int attempts) implements Result {
    }

    /** The order was processed before, with the same content: nothing to do. */
    public record Duplicate(Order order) implements Result {
    }

    /** It failed for good. The order is null where the record holds none. */
    public record DeadLettered(Order order, Exception cause, int attempts) implements Result {
    }

    /** Its partition went to another consumer first; that one will do it. */
    public record Abandoned() implements Result {
    }

    public ConsumerRecord<byte[], byte[]> record() {
        return record;
    }

    public OwnedPartition partition() {
        return partition;
    }

    public Result result() {
        return result;
    }

    /** Called by the worker, before it hands the delivery back to the poll thread. */
    public Delivery with(Result result) {
        this.result = result;
        return this;
    }

    /** Called by the poll thread once all that the result calls for is acknowledged. */
    public void finish() {
        finished = true;
    }

    boolean finished() {
        return finished;
    }

    /** The record's place, as in {@code order-events-0@17}. */
    public String at() {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }
}
