package payments;

import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The group that processes payments, and its topics. */
@Command(optionListHeading = "Topics:%n")
public final class PaymentTopics {
    private static final String GROUP = "payment-processor";
    private static final String OUTCOMES = "receipts";

    @Option(names = "--topic", defaultValue = "payments", paramLabel = "TOPIC", description = "Where payments are.")
    public String events;

    @Option(names = "--dlq-topic", defaultValue = "payments-dlq", paramLabel = "TOPIC", description = "The failures.")
    public String deadLetters;

    public String group;
    public String outcomes;
    private boolean named;

    @Option(names = "--group", defaultValue = GROUP, paramLabel = "GROUP", description = "The group.")
    void setGroup(String name) {
        group = name;
        outcomes = named ? outcomes : name.equals(GROUP) ? OUTCOMES : OUTCOMES + "-" + name;
    }

    @Option(names = "--outcomes-topic", paramLabel = "TOPIC", description = "The ledger of the group.")
    void setOutcomes(String name) {
        outcomes = name;
        named = true;
    }

    /** The topic of payments, to create if it is missing. */
    public NewTopic eventsTopic() {
        return new NewTopic(events, Optional.of(3), Optional.empty());
    }
}
