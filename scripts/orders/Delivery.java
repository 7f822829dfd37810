package orders;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** One record on its way through the consumer: what came in, what came of it, and whether that is written. */
public final class Delivery {
    private final ConsumerRecord<byte[], byte[]> record;
    private final OwnedPartition partition;
    private final String key;
    private final long receivedAt = System.nanoTime();
    private Order order;
    private Result result;
    private List<ProducerRecord<byte[], byte[]>> outbound;
    private boolean finished;

    public Delivery(ConsumerRecord<byte[], byte[]> record, OwnedPartition partition) {
        this.record = record;
        this.partition = partition;
        this.key = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
    }

    /** What came of a record. */
    public sealed interface Result permits Processed, Duplicate, DeadLettered, Abandoned {
    }

    /** The order's effect took place, at the given attempt. */
    public record Processed(Order order, Digest content, int attempts) implements Result {
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

    /** The record's key as text, or null. */
    public String key() {
        return key;
    }

    /** By {@link System#nanoTime()}. */
    public long receivedAt() {
        return receivedAt;
    }

    /** What the record takes up while it is in flight. */
    public int bytes() {
        return Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize());
    }

    /** The order that the record holds; null if it holds none, or was not yet read. */
    public Order order() {
        return order;
    }

    void of(Order order) {
        this.order = order;
    }

    public Result result() {
        return result;
    }

    /** What is to be written on account of the result, in this order. */
    public List<ProducerRecord<byte[], byte[]>> outbound() {
        return outbound;
    }

    /** Called once the first of {@link #outbound()} is written for good. */
    public void wrote() {
        outbound = outbound.subList(1, outbound.size());
    }

    /** Called by the worker, before it hands the delivery back to the poll thread. */
    public Delivery with(Result result, List<ProducerRecord<byte[], byte[]>> outbound) {
        this.result = result;
        this.outbound = outbound;
        return this;
    }

    /** Called by the poll thread once all that the result calls for is written (or, in an aborted transaction, not). */
    public void finished(boolean finished) {
        this.finished = finished;
    }

    boolean finished() {
        return finished;
    }

    /** The record's place, as in {@code order-events-0@17}. */
    @Override
    public String toString() {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }
}
