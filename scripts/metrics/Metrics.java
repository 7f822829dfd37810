package metrics;

import cli.ExitCode;
import cli.Failure;
import consumer.CommitPolicy;
import consumer.Figures;
import consumer.Report;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import ledger.LedgerRestore.Restored;
import metrics.Endpoints.Answer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import work.Breaker.Outages;

/**
 * {@code --metrics-port}: metrics and health over HTTP. Without it nothing listens, no class of Micrometer is loaded,
 * and {@link #of} and {@link #timed} return what they are given.
 */
@Command(optionListHeading = "Metrics:%n")
public final class Metrics {
    private static final String DEFAULT_HOST = "127.0.0.1";

    @Option(names = "--metrics-port", paramLabel = "PORT",
            description = "Answer GET /metrics (for Prometheus), /health/live and /health/ready on this port; 0 takes "
                    + "a free one. By default nothing listens.")
    private Integer port;

    @Option(names = "--metrics-host", defaultValue = DEFAULT_HOST, paramLabel = "HOST",
            description = "The address to answer these on; everyone who reaches it can read them (default: "
                    + "${DEFAULT-VALUE}).")
    private String host;

    private Report report;
    private Health health;
    private Meters meters; // null if there is no port

    /**
     * Begins to listen, if there is a port, and prints where.
     *
     * @param longestTurn how long the poll thread may take from one poll to the next
     * @return what to close at the end
     * @throws Failure if the port is not available
     */
    public AutoCloseable open(Report report, Figures figures, Supplier<Outages> outages, Duration longestTurn) {
        if (port == null) {
            return () -> { };
        }
        if (port < 0 || port > 65_535) {
            throw new Failure(ExitCode.USAGE, "--metrics-port has to be 0 to 65535.");
        }
        this.report = report;
        health = new Health(figures, longestTurn);
        meters = new Meters(report, figures, outages);
        Endpoints endpoints = new Endpoints(host, port, Map.of(
                "/metrics", () -> new Answer(200, Meters.TYPE, meters.scrape()),
                "/health/live", () -> answer(health::notLive),
                "/health/ready", () -> answer(health::notReady)));
        figures.metricsAt(endpoints.url() + "/metrics");
        return () -> {
            endpoints.close();
            meters.close();
        };
    }

    private static Answer answer(Supplier<Optional<String>> why) {
        return why.get().map(not -> new Answer(503, Answer.TEXT, not + "\n"))
                .orElse(new Answer(200, Answer.TEXT, "yes\n"));
    }

    /** Adds the metrics of a client; those of the last one of its kind end. */
    public Consumer<byte[], byte[]> of(Consumer<byte[], byte[]> consumer) {
        if (meters != null) {
            health.watch(consumer);
            meters.add(consumer);
        }
        return consumer;
    }

    /** The same for a producer. */
    public Producer<byte[], byte[]> of(Producer<byte[], byte[]> producer) {
        if (meters != null) {
            meters.add(producer);
        }
        return producer;
    }

    /** Also measures how long commits take. */
    public CommitPolicy timed(CommitPolicy policy) {
        return meters == null ? policy : new TimedCommits(policy, report, meters::committed);
    }

    /** Also measures how long it takes to read ledgers back. */
    public Restored timed(Restored listener) {
        return meters == null ? listener : (ledger, messages, took) -> {
            listener.restored(ledger, messages, took);
            meters.restored(took);
        };
    }
}
