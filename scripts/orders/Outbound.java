package orders;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import orders.Delivery.Abandoned;
import orders.Delivery.DeadLettered;
import orders.Delivery.Duplicate;
import orders.Delivery.Processed;
import orders.Delivery.Result;

/** What a result calls for: an outcome for the ledger, a dead letter, both, or nothing. */
public record Outbound(String outcomes, String dlq, String group) {

    /** The records to be written before the offset of {@code from} may be committed. */
    public List<ProducerRecord<byte[], byte[]>> of(ConsumerRecord<byte[], byte[]> from, Result result) {
        return switch (result) {
            case Processed(Order order, Digest content, int attempts) ->
                List.of(outcome(from, Outcome.processed(order, content, from, attempts)));
            case DeadLettered(Order order, Exception cause, int attempts) when tellsNoOutcome(order, cause) ->
                List.of(DeadLetter.of(from, dlq, group, attempts, cause));
            case DeadLettered(Order order, Exception cause, int attempts) ->
                List.of(DeadLetter.of(from, dlq, group, attempts, cause),
                        outcome(from, Outcome.deadLettered(order, cause, from, attempts)));
            case Duplicate ignored -> List.of();
            case Abandoned ignored -> List.of();
        };
    }

    /** Where there is no order, and where the outcome would hide that another content was processed. */
    private static boolean tellsNoOutcome(Order order, Exception cause) {
        return order == null || cause instanceof IdempotencyConflict;
    }

    /** Into the partition of the order's own number, so that the ledger moves with it. */
    private ProducerRecord<byte[], byte[]> outcome(ConsumerRecord<byte[], byte[]> from, Outcome outcome) {
        return new ProducerRecord<>(outcomes, from.partition(), outcome.orderId().getBytes(StandardCharsets.UTF_8),
                Json.bytes(outcome));
    }
}
