package orders;

import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Where orders are, which group processes them, and where its outcomes are. Picocli sets the fields. */
@Command(optionListHeading = "Topics:%n")
public class OrderTopics {
    @Option(names = "--topic", defaultValue = Topics.EVENTS, paramLabel = "TOPIC",
            description = "The topic with the orders (default: ${DEFAULT-VALUE}).")
    public String events;

    @Option(names = "--partitions", defaultValue = Topics.PARTITIONS, paramLabel = "N", converter = Partitions.class,
            description = "How many partitions it is created with, if it does not exist (default: ${DEFAULT-VALUE}).")
    private int partitions;

    /** One at least. */
    static final class Partitions implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            if (!text.matches("[1-9]\\d{0,4}")) {
                throw new TypeConversionException("'" + text + "' is not a number of partitions: give 1 or more");
            }
            return Integer.valueOf(text);
        }
    }

    public String group;
    public String outcomes;
    private boolean named;

    @Option(names = "--group", defaultValue = Topics.GROUP, paramLabel = "GROUP",
            description = "The consumer group that processes the orders (default: ${DEFAULT-VALUE}).")
    void setGroup(String name) {
        group = name;
        outcomes = named ? outcomes : Topics.outcomes(name);
    }

    @Option(names = "--outcomes-topic", paramLabel = "TOPIC", description = "The topic with the group's outcome of "
            + "each order (default: " + Topics.OUTCOMES + "; of another --group, " + Topics.OUTCOMES + "-GROUP).")
    void setOutcomes(String name) {
        outcomes = name;
        named = true;
    }

    /**
     * The topic of orders, as it is to be created where it is missing. Its key is the {@code order_id}: all records of
     * one order are in one partition, in order. Replication is the broker's default.
     */
    public NewTopic eventsTopic() {
        return new NewTopic(events, Optional.of(partitions), Optional.empty());
    }
}
