package consumer;

import cli.Printable;
import java.nio.charset.StandardCharsets;
import messages.DeadLetter;
import messages.Digest;
import messages.IdempotencyConflict;
import messages.Json;
import orders.Order;
import orders.Outcome;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import work.Result;
import work.Result.Abandoned;
import work.Result.DeadLettered;
import work.Result.Duplicate;
import work.Result.Processed;

/** What a result calls for: an outcome for the ledger, a dead letter, both, or nothing. */
public record Outbound(String outcomes, String dlq, String group) {

    /** What has to be written before the offset of the delivery may be committed. */
    public Handled of(Delivery delivery, Result result) {
        ConsumerRecord<byte[], byte[]> from = delivery.record();
        return switch (result) {
            case Processed(Order order, Digest content, int attempts) -> new Handled(delivery, result, null,
                    outcome(from, Outcome.processed(order, content, from, attempts)));
            case DeadLettered(Order order, Exception cause, int attempts) -> new Handled(delivery, result,
                    DeadLetter.of(from, dlq, group, attempts, cause), tellsNoOutcome(order, cause) ? null
                            : outcome(from, Outcome.deadLettered(order, reason(cause), from, attempts)));
            case Duplicate ignored -> new Handled(delivery, result, null, null);
            case Abandoned ignored -> new Handled(delivery, result, null, null);
        };
    }

    private static String reason(Exception cause) {
        return Printable.of(cause.getClass().getSimpleName() + ": " + cause.getMessage());
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
