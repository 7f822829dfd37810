package orders;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Where orders and their outcomes are. The fields are public: picocli sets them. */
@Command(optionListHeading = "Topics:%n")
public class OrderTopics {
    @Option(names = "--topic", defaultValue = Topics.EVENTS, paramLabel = "TOPIC",
            description = "The topic with the orders (default: ${DEFAULT-VALUE}).")
    public String events;

    @Option(names = "--outcomes-topic", defaultValue = Topics.OUTCOMES, paramLabel = "TOPIC",
            description = "The topic with the outcome of each order (default: ${DEFAULT-VALUE}).")
    public String outcomes;
}
