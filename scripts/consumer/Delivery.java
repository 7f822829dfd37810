package consumer;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record that was polled, and its place in its partition. A worker reads {@link #record()}, and asks {@link
 * OwnedPartition} for its ledger and whether it may begin; the place is for the poll thread only.
 *
 * @param key the record's key as text; null if it has none
 */
public record Delivery(ConsumerRecord<byte[], byte[]> record, String key, OwnedPartition partition,
        OffsetQueue.Place place) {

    static Delivery of(ConsumerRecord<byte[], byte[]> record, OwnedPartition partition) {
        int bytes = Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize());
        String key = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
        return new Delivery(record, key, partition, partition.accept(record, bytes));
    }

    /** A record that is delivered twice is two deliveries. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    /** Topic, partition and offset, as in {@code order-events-0@17}. */
    @Override
    public String toString() {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }
}
