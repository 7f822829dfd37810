package consumer;

import java.nio.charset.StandardCharsets;
import messages.DeadLetter;
import messages.IdempotencyConflict;
import messages.Message;
import messages.OutcomeFormat;
import messages.Trace;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import work.Result;
import work.Result.Abandoned;
import work.Result.DeadLettered;
import work.Result.Duplicate;
import work.Result.Processed;

/**
 * The records to write for a result: an outcome for the ledger, a dead letter, both, or none. Safe for several threads.
 *
 * @param outcomes the topic of outcomes
 * @param dlq      the topic of dead letters
 * @param group    the consumer group, which both name
 * @param largest  the largest record that the producer may send, in bytes
 */
public record OutcomeRecords<T>(String outcomes, String dlq, String group, OutcomeFormat<T> format, int largest) {

    public Handled of(Delivery delivery, Result<T> result) {
        ConsumerRecord<byte[], byte[]> source = delivery.record();
        return switch (result) {
            case Processed<T>(Message<T> message, int attempts) -> new Handled(delivery, result, null,
                    outcome(source, message, format.processed(message, group, source, attempts)));
            case DeadLettered<T>(Message<T> message, Exception cause, int attempts) -> new Handled(delivery, result,
                    DeadLetter.of(source, dlq, group, attempts, cause, largest),
                    hasOutcome(message, cause)
                            ? outcome(source, message,
                                    format.deadLettered(message, cause, group, source, attempts)) : null);
            case Duplicate<T> nothing -> new Handled(delivery, result, null, null);
            case Abandoned<T> nothing -> new Handled(delivery, result, null, null);
        };
    }

    /** None without a message, and none where it would hide that other content was processed. */
    private static boolean hasOutcome(Message<?> message, Exception cause) {
        return message != null && !(cause instanceof IdempotencyConflict);
    }

    /** For the partition with the same number as the source's, so that the ledger moves with it. */
    private ProducerRecord<byte[], byte[]> outcome(ConsumerRecord<?, ?> source, Message<T> message, byte[] value) {
        ProducerRecord<byte[], byte[]> outcome = new ProducerRecord<>(outcomes, source.partition(),
                message.id().getBytes(StandardCharsets.UTF_8), value);
        Trace.copy(source.headers(), outcome.headers());
        return outcome;
    }
}
