package orders;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which orders of one partition were processed, and with what content. It lives in {@code order-outcomes}, in the
 * partition of the same number, and is read back from there whenever the partition comes to this consumer: the write
 * that says what became of an order is the write that remembers it.
 */
public final class Ledger {
    /** What the ledger knows of an order. */
    public enum Entry { UNKNOWN, SAME, OTHER_CONTENT }

    private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Map<String, String> digests; // by order_id; null if nothing is to be remembered
    private volatile boolean restored;
    private volatile boolean closed;

    private Ledger(Map<String, String> digests, boolean restored) {
        this.digests = digests;
        this.restored = restored;
    }

    /** Remembers nothing: every record counts as new. */
    public static Ledger none() {
        return new Ledger(null, true);
    }

    /** A set in the process, shared by all partitions, that is gone with the process. */
    public static Ledger inMemory(Map<String, String> shared) {
        return new Ledger(shared, true);
    }

    /**
     * The durable one; reads itself back in a thread of its own. Until it {@link #restored} the partition stays paused.
     */
    public static Ledger restore(TopicPartition outcomes, Properties client) {
        Ledger ledger = new Ledger(new ConcurrentHashMap<>(), false);
        Thread.ofPlatform().daemon().name("restore-" + outcomes).start(() -> ledger.readBack(outcomes, client));
        return ledger;
    }

    public boolean restored() {
        return restored;
    }

    public Entry lookUp(Order order) {
        String digest = digests == null ? null : digests.get(order.orderId());
        return digest == null ? Entry.UNKNOWN : digest.equals(order.contentDigest()) ? Entry.SAME : Entry.OTHER_CONTENT;
    }

    /** Notes an order as processed; to be called as soon as it is, for a duplicate may follow in the same batch. */
    public void add(Order order) {
        if (digests != null) {
            digests.put(order.orderId(), order.contentDigest());
        }
    }

    void close() {
        closed = true;
    }

    private void readBack(TopicPartition outcomes, Properties client) {
        while (!closed && !restored) {
            try (TopicReader reader = new TopicReader(client)) {
                reader.readAll(Set.of(outcomes), () -> closed, this::remember);
                restored = true;
                LOG.info("ledger {} restored: {} processed orders", outcomes, digests.size());
            } catch (KafkaException e) {
                LOG.error("ledger {} cannot be read, its partition stays paused: {}", outcomes, e.getMessage());
                pause();
            }
        }
    }

    private void remember(ConsumerRecord<byte[], byte[]> outcome) {
        try {
            if (outcome.value() == null) { // a tombstone: forget the order
                digests.remove(new String(outcome.key(), StandardCharsets.UTF_8));
                return;
            }
            JsonNode json = Json.MAPPER.readTree(outcome.value());
            if (Outcome.PROCESSED.equals(json.path("status").textValue())) {
                digests.put(json.path("order_id").asText(), json.path("content_digest").asText());
            }
        } catch (IOException e) {
            LOG.warn(
                    "{}-{}@{} is no outcome, and is left out: {}",
                    outcome.topic(),
                    outcome.partition(),
                    outcome.offset(),
                    e.getMessage());
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
