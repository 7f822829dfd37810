package orders;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The group that processes orders, and all its topics. */
@Command(optionListHeading = "Topics:%n")
public final class TopicOptions extends OrderTopics {
    @Option(names = "--dlq-topic", defaultValue = Topics.DLQ, paramLabel = "TOPIC",
            description = "Where dead letters go (default: ${DEFAULT-VALUE}).")
    public String deadLetters;
}
