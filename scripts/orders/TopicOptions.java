package orders;

import org.apache.kafka.clients.admin.NewTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The group that processes orders, and its topics. Fields, since picocli sets them and they are only read from then on.
 */
@Command(optionListHeading = "Topics:%n")
public final class TopicOptions {
    @Option(names = "--group", defaultValue = Topics.GROUP, paramLabel = "GROUP",
            description = "Consumer group (default: ${DEFAULT-VALUE}).")
    public String group;

    @Option(names = "--topic", defaultValue = Topics.EVENTS, paramLabel = "TOPIC",
            description = "Where the orders are (default: ${DEFAULT-VALUE}).")
    public String events;

    @Option(names = "--outcomes-topic", defaultValue = Topics.OUTCOMES, paramLabel = "TOPIC",
            description = "The ledger: the outcome of each order (default: ${DEFAULT-VALUE}).")
    public String outcomes;

    @Option(names = "--dlq-topic", defaultValue = Topics.DLQ, paramLabel = "TOPIC",
            description = "Where dead letters go (default: ${DEFAULT-VALUE}).")
    public String deadLetters;

    /** The topic of orders, as it is to be created where it is missing. */
    public NewTopic eventsTopic() {
        return Topics.events(events);
    }
}
