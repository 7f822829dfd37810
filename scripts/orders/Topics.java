package orders;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/**
 * The names and shapes of the topics, as the scripts create them where they are missing. Replication: the broker's
 * default.
 */
public final class Topics {
    public static final String EVENTS = "order-events";
    public static final String DLQ = "order-events-dlq";
    public static final String OUTCOMES = "order-outcomes";
    public static final String GROUP = "order-processor";
    public static final int PARTITIONS = 3;

    /** For how long after its order a dead letter may be replayed, unless told otherwise. */
    public static final String REPLAY_HORIZON_DAYS = "7";

    /** Kafka's own default for a record, plus room for the error headers of a dead letter. */
    public static final int LARGEST_DEAD_LETTER = 1_048_588 + 64 * 1024;

    private Topics() {
    }

    /** Orders, by {@code order_id}: all records of one order are in one partition, in order. */
    public static NewTopic events(String name) {
        return new NewTopic(name, Optional.of(PARTITIONS), Optional.empty());
    }

    /** Dead letters; one partition, so that they stay in the order of their deaths. */
    public static NewTopic deadLetters(String name) {
        return new NewTopic(name, Optional.of(1), Optional.empty())
                .configs(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(LARGEST_DEAD_LETTER)));
    }

    /** How long the ledger has to remember, in milliseconds: as long as any record of an order may still turn up. */
    public static long ledgerRetention(long eventsRetentionMs, Duration replayHorizon) {
        return eventsRetentionMs > Long.MAX_VALUE - replayHorizon.toMillis() ? Long.MAX_VALUE
                : eventsRetentionMs + replayHorizon.toMillis();
    }

    /**
     * The ledger: compacted, so that the last outcome of every order stays, and partitioned like the orders. What is
     * older than {@code retentionMs} goes; {@link Long#MAX_VALUE} keeps it for ever.
     */
    public static NewTopic outcomes(String name, int partitions, long retentionMs) {
        Map<String, String> config = retentionMs == Long.MAX_VALUE
                ? Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT)
                : Map.of(TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_COMPACT + "," + TopicConfig.CLEANUP_POLICY_DELETE,
                        TopicConfig.RETENTION_MS_CONFIG, String.valueOf(retentionMs));
        return new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(config);
    }
}
