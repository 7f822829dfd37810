package orders;

import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;

/** The names of the topics, and the settings of the orders topic. Replication is the broker's default. */
public final class Topics {
    public static final String EVENTS = "order-events";
    public static final String DLQ = "order-events-dlq";
    public static final String OUTCOMES = "order-outcomes";
    public static final String GROUP = "order-processor";
    public static final int PARTITIONS = 3;

    private Topics() {
    }

    /** The topic for the outcomes of a group, unless it is named: each group has its own. */
    static String outcomes(String group) {
        return group.equals(GROUP) ? OUTCOMES : OUTCOMES + "-" + group;
    }

    /** Orders, by {@code order_id}: all records of one order are in one partition, in order. */
    public static NewTopic events(String name) {
        return new NewTopic(name, Optional.of(PARTITIONS), Optional.empty());
    }
}
