package consumer;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * A record that was polled, and its place in its partition. A worker reads {@link #record()}, and asks {@link
 * OwnedPartition} for its ledger and whether it may begin; the place is for the poll thread only.
 *
 * @param key the record's key as text; null if it has none
 */
public record Delivery(ConsumerRecord<byte[], byte[]> record, String key, OwnedPartition partition,
        OffsetQueue.Place place) {

    /** Adds a record that was polled to its partition. */
    public static Delivery of(ConsumerRecord<byte[], byte[]> record, OwnedPartition partition) {
        String key = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
        return new Delivery(record, key, partition,
                partition.accept(record, bytes(record.key(), record.value(), record.headers())));
    }

    /** The size of a record: its key, value and headers. */
    static int bytes(byte[] key, byte[] value, Headers headers) {
        int bytes = length(key) + length(value);
        for (Header header : headers.toArray()) {
            bytes += header.key().getBytes(StandardCharsets.UTF_8).length + length(header.value());
        }
        return bytes;
    }

    private static int length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
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
