package metrics;

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
import work.Breaker.Outages;

/**
 * Measures what a consumer does, and answers requests for that. Where there are none to be answered, nothing is
 * measured, and no class of Micrometer is loaded.
 */
public final class Metrics implements AutoCloseable {
    private final Report report; // null, as the others are, if nothing is measured
    private final Meters meters;
    private final Health health;
    private final Endpoints endpoints;

    private Metrics(Report report, Meters meters, Health health, Endpoints endpoints) {
        this.report = report;
        this.meters = meters;
        this.health = health;
        this.endpoints = endpoints;
    }

    static Metrics none() {
        return new Metrics(null, null, null, null);
    }

    static Metrics at(String host, int port, Report report, Figures figures, Supplier<Outages> outages,
            Duration longestTurn) {
        Meters meters = new Meters(report, figures, outages);
        Health health = new Health(figures, longestTurn);
        Endpoints endpoints = new Endpoints(host, port, Map.of(
                "/metrics", () -> new Answer(200, Meters.TYPE, meters.scrape()),
                "/health/live", () -> answer(health.notLive()),
                "/health/ready", () -> answer(health.notReady())));
        figures.metricsAt(endpoints.url() + "/metrics");
        return new Metrics(report, meters, health, endpoints);
    }

    private static Answer answer(Optional<String> whyNot) {
        return whyNot.map(why -> new Answer(503, Answer.TEXT, why + "\n"))
                .orElse(new Answer(200, Answer.TEXT, "yes\n"));
    }

    /** Also measures a client, instead of an earlier one of its kind. */
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

    @Override
    public void close() {
        if (meters != null) {
            endpoints.close();
            meters.close();
        }
    }
}
