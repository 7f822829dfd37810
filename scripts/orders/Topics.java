package orders;

/** The names of the topics, and of the group that processes orders. */
public final class Topics {
    public static final String EVENTS = "order-events";
    public static final String DLQ = "order-events-dlq";
    public static final String OUTCOMES = "order-outcomes";
    public static final String GROUP = "order-processor";
    public static final String PARTITIONS = "3";

    private Topics() {
    }

    /** The topic for the outcomes of a group, unless it is named: each group has its own. */
    static String outcomes(String group) {
        return group.equals(GROUP) ? OUTCOMES : OUTCOMES + "-" + group;
    }
}
