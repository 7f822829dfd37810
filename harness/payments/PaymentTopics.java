package payments;

import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The group that processes payments, and its topics. */
@Command(optionListHeading = "Topics:%n")
public final class PaymentTopics {
    @Option(names = "--group", defaultValue = "payment-processor", paramLabel = "GROUP", description = "The group.")
    public String group;

    @Option(names = "--topic", defaultValue = "payments", paramLabel = "TOPIC", description = "Where payments are.")
    public String events;

    @Option(names = "--outcomes-topic", defaultValue = "receipts", paramLabel = "TOPIC", description = "The ledger.")
    public String outcomes;

    @Option(names = "--dlq-topic", defaultValue = "payments-dlq", paramLabel = "TOPIC", description = "The failures.")
    public String deadLetters;

    /** The topic of payments, to create if it is missing. */
    public NewTopic eventsTopic() {
        return new NewTopic(events, Optional.of(3), Optional.empty());
    }
}
