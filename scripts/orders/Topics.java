package orders;

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

    /** The ledger: compacted, so that the last outcome of every order stays; partitioned like the orders. */
    public static NewTopic outcomes(String name, int partitions) {
        return new NewTopic(name, Optional.of(partitions), Optional.empty())
                .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    }
}
