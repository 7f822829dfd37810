package consumer;

import org.apache.kafka.clients.producer.ProducerRecord;
import work.Result;

/**
 * What a worker returns: a delivery, its result, and the records that have to be written before its offset may be
 * committed.
 *
 * @param deadLetter null if there is none, or it is written
 * @param outcome    null if there is none
 */
public record Handled(Delivery delivery, Result<?> result, ProducerRecord<byte[], byte[]> deadLetter,
        ProducerRecord<byte[], byte[]> outcome) {

    /** The same, once its dead letter is acknowledged. */
    Handled withDeadLetterWritten() {
        return new Handled(delivery, result, null, outcome);
    }

    /** Whether its dead letter and outcome are written, if it has any. */
    boolean isWritten() {
        return deadLetter == null && outcome == null;
    }

    String key() {
        return delivery.key();
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
