package orders;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Where orders are, which group processes them, and where its outcomes are. Picocli sets the fields. */
@Command(optionListHeading = "Topics:%n")
public class OrderTopics {
    @Option(names = "--topic", defaultValue = Topics.EVENTS, paramLabel = "TOPIC",
            description = "The topic with the orders (default: ${DEFAULT-VALUE}).")
    public String events;

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
}
