package orders;

import java.time.Instant;
import messages.Message;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The outcome of an order: the value of a record in {@code order-outcomes}, whose key is the {@code order_id}. Only
 * {@link #PROCESSED} makes later records of the order duplicates; a dead-lettered order may be replayed.
 *
 * @param reason        why it was dead-lettered; null if processed
 * @param group         the consumer group that handled it
 * @param source        the record in {@code order-events} that this is the outcome of
 * @param attempts      how often it was tried
 * @param contentDigest {@link Order#contentDigest()}
 * @param at            ISO-8601
 */
public record Outcome(String orderId, String idempotencyKey, String status, String reason, String group, Source source,
                      int attempts, String contentDigest, String at) {
    public static final String PROCESSED = "processed";
    public static final String DEAD_LETTERED = "dead-lettered";

    /** The record that held the order. */
    public record Source(String topic, int partition, long offset) {
    }

    public static Outcome processed(Message<Order> message, String group, ConsumerRecord<?, ?> source, int attempts) {
        return of(message, PROCESSED, null, group, source, attempts);
    }

    /** @param reason why, for people */
    public static Outcome deadLettered(Message<Order> message, String reason, String group,
            ConsumerRecord<?, ?> source, int attempts) {
        return of(message, DEAD_LETTERED, reason, group, source, attempts);
    }

    private static Outcome of(Message<Order> message, String status, String reason, String group,
            ConsumerRecord<?, ?> source, int attempts) {
        return new Outcome(message.id(), message.body().idempotencyKey(), status, reason, group,
                new Source(source.topic(), source.partition(), source.offset()), attempts,
                message.content().toString(), Instant.now().toString());
    }
}
