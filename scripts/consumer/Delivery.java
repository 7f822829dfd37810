package consumer;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** One record, from the poll to its commit: what came in, and its place among the uncommitted. */
public record Delivery(ConsumerRecord<byte[], byte[]> record, String key, OwnedPartition partition,
        OffsetQueue.Slot slot) {

    public static Delivery of(ConsumerRecord<byte[], byte[]> record, OwnedPartition partition) {
        int bytes = Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize());
        String key = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
        return new Delivery(record, key, partition, partition.accept(record.offset(), bytes));
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    /** The record's place, as in {@code order-events-0@17}. */
    @Override
    public String toString() {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }
}
