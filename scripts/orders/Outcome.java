package orders;

import java.time.Instant;
import messages.Digest;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What became of an order: the value of a record in {@code order-outcomes}, whose key is the {@code order_id}. Only
 * {@link #PROCESSED} counts as seen; a dead-lettered order may be replayed.
 *
 * @param reason        why it was dead-lettered; null if processed
 * @param source        the record in {@code order-events} that this is the outcome of
 * @param attempts      how often it was tried
 * @param contentDigest {@link Order#contentDigest()}
 * @param at            ISO-8601
 */
public record Outcome(String orderId, String idempotencyKey, String status, String reason, Source source, int attempts,
                      String contentDigest, String at) {
    public static final String PROCESSED = "processed";
    public static final String DEAD_LETTERED = "dead-lettered";

    /** Where the order stood. */
    public record Source(String topic, int partition, long offset) {
    }

    public static Outcome processed(Order order, Digest content, ConsumerRecord<?, ?> from, int attempts) {
        return of(order, content, PROCESSED, null, from, attempts);
    }

    /** @param reason why, for people */
    public static Outcome deadLettered(Order order, String reason, ConsumerRecord<?, ?> from, int attempts) {
        return of(order, order.contentDigest(), DEAD_LETTERED, reason, from, attempts);
    }

    private static Outcome of(Order order, Digest content, String status, String reason, ConsumerRecord<?, ?> from,
            int attempts) {
        return new Outcome(order.orderId(), order.idempotencyKey(), status, reason,
                new Source(from.topic(), from.partition(), from.offset()), attempts, content.toString(),
                Instant.now().toString());
    }
}
