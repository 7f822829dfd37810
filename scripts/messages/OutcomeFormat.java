package messages;

import java.io.IOException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** How the outcome of a message is written, and how it is read back. Safe for several threads. */
public interface OutcomeFormat<T> {
    /** @return the outcome of a message that was handled at the given attempt, 1 or more */
    byte[] processed(Message<T> message, ConsumerRecord<?, ?> source, int attempts);

    /** @return the outcome of a message that failed for good, after so many attempts */
    byte[] deadLettered(Message<T> message, Exception cause, ConsumerRecord<?, ?> source, int attempts);

    /**
     * Reads an outcome back.
     *
     * @return the content digest if the message was processed; null for any other outcome
     * @throws IOException      if it is not an outcome; it is then left out of the ledger
     * @throws RuntimeException the same
     */
    Digest processedContent(byte[] outcome) throws IOException;
}
