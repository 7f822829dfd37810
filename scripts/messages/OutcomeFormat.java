package messages;

import java.io.IOException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** How the outcome of a message is written, and how it is read back. Safe for several threads. */
public interface OutcomeFormat<T> {
    /**
     * @param group the consumer group that handled it
     * @return the outcome of a message that was handled at the given attempt, 1 or more
     */
    byte[] processed(Message<T> message, String group, ConsumerRecord<?, ?> source, int attempts);

    /** @return the outcome of a message that failed for good, after so many attempts */
    byte[] deadLettered(Message<T> message, Exception cause, String group, ConsumerRecord<?, ?> source, int attempts);

    /**
     * What the ledger needs of an outcome.
     *
     * @param content the content digest if the message was processed; null for any other outcome
     * @param group   the consumer group that handled it; null if it does not say
     * @param topic   where its record came from; null if it does not say
     */
    record Entry(Digest content, String group, String topic) {
    }

    /**
     * Reads an outcome back.
     *
     * @throws IOException      if it is not an outcome; it is then left out of the ledger
     * @throws RuntimeException the same
     */
    Entry read(byte[] outcome) throws IOException;
}
