package consumer;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import work.Result;

/**
 * What a worker returns: a delivery, its result, and the records that have to be written before its offset may be
 * committed.
 *
 * @param deadLetter null if there is none
 * @param outcome    null if there is none
 */
public record Handled(Delivery delivery, Result<?> result, ProducerRecord<byte[], byte[]> deadLetter,
        ProducerRecord<byte[], byte[]> outcome) {

    /**
     * The record to write next: a dead letter comes before the outcome that reports it, so that a reported dead letter
     * exists. Null if nothing is left to write.
     */
    ProducerRecord<byte[], byte[]> next() {
        return deadLetter != null && !place().isDeadLetterWritten() ? deadLetter : outcome;
    }

    /** All that is left to write, in this order. */
    List<ProducerRecord<byte[], byte[]>> unwritten() {
        return next() == outcome ? Stream.ofNullable(outcome).toList()
                : Stream.of(deadLetter, outcome).filter(Objects::nonNull).toList();
    }

    String key() {
        return delivery.key();
    }

    OffsetQueue.Place place() {
        return delivery.place();
    }

    /** How long ago the record was polled. */
    long ageMs() {
        return delivery.place().ageMs();
    }

    /** Whether this consumer must not write it: its partition is revoked, or was being revoked when its turn came. */
    boolean isMoot() {
        return delivery.partition().gone() || result instanceof Result.Abandoned;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Handled handled && handled.delivery == delivery;
    }

    @Override
    public int hashCode() {
        return delivery.hashCode();
    }

    @Override
    public String toString() {
        return delivery.toString();
    }
}
