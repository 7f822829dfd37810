package metrics;

import consumer.Assignment.Snapshot;
import consumer.Figures;
import consumer.Report.HeldBack;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.MetricName;

/**
 * Whether the poll thread lives, and whether the consumer does its share of the work. For any thread.
 *
 * <p>The poll thread lives if it has begun a poll not long ago. It polls on while Kafka is away, so that an outage of
 * Kafka, in which a restart of the consumer would not help, does not count.
 */
final class Health {
    private static final String LAST_POLL = "last-poll-seconds-ago"; // a metric of Kafka's consumer; -1 before a poll
    private static final String GROUP = "consumer-metrics";

    private final Figures figures;
    private final Duration longestTurn;
    private volatile Consumer<?, ?> consumer; // null while Kafka has not yet answered

    /** @param longestTurn how long the poll thread may take from one poll to the next */
    Health(Figures figures, Duration longestTurn) {
        this.figures = figures;
        this.longestTurn = longestTurn;
    }

    void watch(Consumer<?, ?> consumer) {
        this.consumer = consumer;
    }

    /** Why the poll thread does not live; before its first poll it does, since the start has bounds of its own. */
    Optional<String> notLive() {
        double seconds = secondsSincePoll();
        return seconds <= longestTurn.toSeconds() ? Optional.empty()
                : Optional.of(String.format("The poll thread has not polled for %.0f s.", seconds));
    }

    /** Why the consumer does not do its share, though it may do so later. */
    Optional<String> notReady() {
        Snapshot seen = figures.seen();
        if (!seen.joined()) {
            return Optional.of("The group has not assigned partitions yet.");
        }
        String restoring = seen.heldBack().entrySet().stream()
                .filter(held -> held.getValue().reason() == HeldBack.Reason.RESTORING)
                .map(held -> held.getKey() + " is held back: " + held.getValue()).collect(Collectors.joining("\n"));
        return restoring.isEmpty() ? notLive() : Optional.of(restoring);
    }

    private double secondsSincePoll() {
        Consumer<?, ?> watched = consumer;
        return watched == null ? -1 : watched.metrics().entrySet().stream()
                .filter(metric -> isLastPoll(metric.getKey()))
                .mapToDouble(metric -> (double) metric.getValue().metricValue()).max().orElse(-1);
    }

    private static boolean isLastPoll(MetricName name) {
        return name.name().equals(LAST_POLL) && name.group().equals(GROUP);
    }
}
