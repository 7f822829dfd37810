package metrics;

import consumer.Assignment.Snapshot;
import consumer.Figures;
import consumer.Report;
import consumer.Report.Totals;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import work.Breaker.Outages;

/**
 * The consumer's metrics in Micrometer, under names that begin with what it consumes, and those of its Kafka clients.
 * The reference explains each. This is the only class that knows Micrometer.
 */
final class Meters implements AutoCloseable {
    /** Of what {@link #scrape} returns. */
    static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /** Kafka's metrics come and go, for example those of a partition; this is how soon it is noticed. */
    private static final Duration REFRESH = Duration.ofSeconds(10);
    private static final Duration[] COMMIT_BUCKETS = buckets(5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ScheduledExecutorService refresh = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("metrics-refresh").factory());
    private final Map<String, KafkaClientMetrics> clients = new TreeMap<>();
    private final Report report;
    private final Figures figures;
    private final Supplier<Outages> outages; // a meter keeps no reference that would prevent its collection
    private final String prefix;
    private final MultiGauge lag;
    private final MultiGauge heldBack;
    private final Timer commits;
    private final Timer restores;

    Meters(Report report, Figures figures, Supplier<Outages> outages) {
        this.report = report;
        this.figures = figures;
        this.outages = outages;
        prefix = report.noun() + ".consumer.";
        count("processed", "Messages that were processed", Totals::processed);
        count("duplicates", "Records that were skipped, since their message was processed before", Totals::duplicates);
        count("dead.letters", "Records that went to the dead-letter topic", Totals::deadLetters);
        count("retries", "Attempts after the first", Totals::retries);
        count("gone", "Records that were gone before they could be read", Totals::gone);
        measure("in.flight", "records", "Records that were polled, and are not committed", Snapshot::inFlight);
        measure("in.flight", "bytes", "Size of the records that are not finished", Snapshot::bytes);
        measure("oldest.in.flight", "seconds", "Time since the oldest record in flight was polled",
                seen -> seconds(seen.oldestAge()));
        FunctionCounter.builder(prefix + "outages", outages, from -> from.get().outages())
                .description("Outages of what the handler needs").register(registry);
        Gauge.builder(prefix + "outage.seconds", outages, from -> from.get().openMs() / 1e3)
                .description("For how long the present outage has lasted; 0 if there is none")
                .register(registry);
        lag = MultiGauge.builder(prefix + "lag").baseUnit("records")
                .description("Records that are not polled, or not committed").register(registry);
        heldBack = MultiGauge.builder(prefix + "held.back").baseUnit("seconds")
                .description("For how long a partition stands still, if it does").register(registry);
        commits = Timer.builder(prefix + "commit").description("Time to write a batch and to commit its offsets")
                .serviceLevelObjectives(COMMIT_BUCKETS).register(registry);
        restores = Timer.builder(prefix + "ledger.restore").description("Time to read the ledger of a partition back")
                .register(registry);
    }

    private void count(String name, String help, ToLongFunction<Totals> value) {
        FunctionCounter.builder(prefix + name, report, from -> value.applyAsLong(from.totals())).description(help)
                .register(registry);
    }

    private void measure(String name, String unit, String help, ToDoubleFunction<Snapshot> value) {
        Gauge.builder(prefix + name + "." + unit, figures, from -> value.applyAsDouble(from.seen())).description(help)
                .register(registry);
    }

    void add(Consumer<?, ?> consumer) {
        bind("consumer", new KafkaClientMetrics(consumer, Tags.empty(), refresh, REFRESH));
    }

    void add(Producer<?, ?> producer) {
        bind("producer", new KafkaClientMetrics(producer, Tags.empty(), refresh, REFRESH));
    }

    private void bind(String kind, KafkaClientMetrics client) {
        KafkaClientMetrics before = clients.put(kind, client);
        if (before != null) {
            before.close();
        }
        client.bindTo(registry);
    }

    void committed(Duration took) {
        commits.record(took);
    }

    void restored(Duration took) {
        restores.record(took);
    }

    /** All metrics, in Prometheus' text format. */
    synchronized String scrape() {
        Snapshot seen = figures.seen();
        lag.register(seen.unfinished().entrySet().stream()
                .map(one -> Row.of(tags(one.getKey()), one.getValue())).toList(), true);
        heldBack.register(seen.heldBack().entrySet().stream().map(one -> Row.of(
                tags(one.getKey()).and("reason", one.getValue().reason().name().toLowerCase(Locale.ROOT)),
                seconds(one.getValue().time()))).toList(), true);
        return registry.scrape(TYPE);
    }

    private static Tags tags(TopicPartition at) {
        return Tags.of("topic", at.topic(), "partition", String.valueOf(at.partition()));
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private static Duration[] buckets(long... millis) {
        return LongStream.of(millis).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
    }

    @Override
    public void close() {
        refresh.shutdownNow();
        List.copyOf(clients.values()).forEach(KafkaClientMetrics::close);
        registry.close();
    }
}
