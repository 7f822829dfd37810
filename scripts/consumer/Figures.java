package consumer;

import consumer.Assignment.Snapshot;
import consumer.Report.Totals;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import messages.Json;
import org.apache.kafka.common.TopicPartition;
import work.Breaker.Outages;

/**
 * Prints a line of figures to standard output every few seconds, and a summary at the end; as JSON lines if asked. It
 * prints from its own thread, so that there are figures even while the poll thread waits for Kafka; they say so.
 */
public final class Figures implements AutoCloseable {
    private static final Duration REFRESH = Duration.ofMillis(200);
    private static final Duration STALLED = Duration.ofSeconds(5);

    private final CountDownLatch closed = new CountDownLatch(1);
    private final long started = System.nanoTime();
    private final Report report;
    private final Supplier<Outages> outages;
    private final Duration interval;
    private final boolean json;
    private volatile Look lastLook; // null before the first poll
    private volatile long aliveAt = started;

    /** What the poll thread had in flight at a moment, by {@link System#nanoTime()}. */
    private record Look(Snapshot snapshot, long at) {
    }

    /**
     * @param outages  whether the handler's failures look like an outage
     * @param interval between two lines; zero prints none, and no summary unless that is JSON
     */
    public Figures(Report report, Supplier<Outages> outages, Duration interval, boolean json) {
        this.report = report;
        this.outages = outages;
        this.interval = interval;
        this.json = json;
        if (!interval.isZero()) {
            Thread.ofPlatform().daemon().name("figures").start(this::print);
        }
    }

    /** Called by the poll thread in each turn of its loop. */
    public void look(Supplier<Snapshot> snapshot) {
        long now = System.nanoTime();
        aliveAt = now;
        if (lastLook == null || now - lastLook.at >= REFRESH.toNanos()) {
            lastLook = new Look(snapshot.get(), now);
        }
    }

    /** What was in flight at the poll thread's last look, from any thread. */
    public Snapshot seen() {
        Look look = lastLook;
        return look == null ? Snapshot.NONE : look.snapshot;
    }

    /** Prints where metrics can be had. */
    public void metricsAt(String url) {
        if (json) {
            line("metrics", Map.of("url", url));
        } else {
            System.out.println("Metrics at " + url);
        }
    }

    /** Called once a ledger is read back. */
    public void restored(TopicPartition ledger, int messages, Duration took) {
        report.restored(ledger, messages, took);
        if (json) {
            line("ledger-restored",
                    Map.of("partition", ledger.partition(), report.noun() + "s", messages, "ms", took.toMillis()));
        }
    }

    private void print() {
        long before = 0;
        long beforeAt = started;
        try {
            while (!closed.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                Totals totals = report.totals();
                Snapshot seen = seen();
                long waiting = now - aliveAt;
                if (totals.finished() != before || seen.inFlight() > 0 || !seen.heldBack().isEmpty()
                        || waiting > interval.toNanos()) {
                    long rate = Math.round((totals.finished() - before) * 1e9 / (now - beforeAt));
                    print(seen, totals, rate, waiting);
                }
                before = totals.finished();
                beforeAt = now;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @param waiting how many nanoseconds ago the poll thread last called */
    private void print(Snapshot seen, Totals totals, long rate, long waiting) {
        long oldest = seen.oldestAge().toMillis();
        long outage = outages.get().openMs();
        boolean stalled = waiting > Math.min(interval.toNanos(), STALLED.toNanos());
        if (json) {
            Map<String, Object> figures = fields(totals);
            figures.put("rate", rate);
            figures.put("in_flight", seen.inFlight());
            figures.put("in_flight_bytes", seen.bytes());
            figures.put("unfinished", byName(seen.unfinished(), Function.identity()));
            figures.put("oldest_unfinished_ms", oldest);
            figures.put("held_back", byName(seen.heldBack(), Object::toString));
            figures.put("waiting_ms", stalled ? millis(waiting) : 0);
            figures.put("outage_ms", outage);
            line("figures", figures);
            return;
        }
        String unfinished = seen.unfinished().entrySet().stream()
                .map(e -> String.format("%s: %,d", e.getKey(), e.getValue())).collect(Collectors.joining(", "));
        String heldBack = seen.heldBack().entrySet().stream()
                .map(e -> " | " + e.getKey() + " is held back: " + e.getValue()).collect(Collectors.joining());
        String line = String.format(
                "%,d/s | in flight %,d (%,d KiB) | unfinished %s | %s | oldest unfinished %.1f s%s%s%s", rate,
                seen.inFlight(), seen.bytes() / 1024, unfinished.isEmpty() ? "unknown" : unfinished, text(totals),
                oldest / 1000.0, heldBack, outage == 0 ? "" : String.format(" | outage for %d s", outage / 1000),
                stalled ? String.format(" | waiting for Kafka for %d s", millis(waiting) / 1000) : "");
        System.out.println(line); // in one piece: the log goes to the same terminal
    }

    private static Map<String, Object> byName(Map<TopicPartition, ?> values, Function<Object, Object> shown) {
        Map<String, Object> byName = new LinkedHashMap<>();
        values.forEach((partition, value) -> byName.put(partition.toString(), shown.apply(value)));
        return byName;
    }

    private static String text(Totals totals) {
        return String.format("processed %,d, duplicates %,d, dead letters %,d", totals.processed(),
                totals.duplicates(), totals.deadLetters())
                + (totals.gone() == 0 ? "" : String.format(", gone before they were processed %,d", totals.gone()));
    }

    private static Map<String, Object> fields(Totals totals) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("processed", totals.processed());
        fields.put("duplicates", totals.duplicates());
        fields.put("dead_letters", totals.deadLetters());
        fields.put("retries", totals.retries());
        fields.put("gone", totals.gone());
        return fields;
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }

    private static void line(String type, Map<String, ?> fields) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("type", type);
        line.put("at", Instant.now().toString());
        line.putAll(fields);
        System.out.println(new String(Json.bytes(line), StandardCharsets.UTF_8));
    }

    /** Prints the summary, if there was anything to do. */
    @Override
    public void close() {
        closed.countDown();
        if (lastLook == null) {
            return; // there was no first poll
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        Totals totals = report.totals();
        if (json) {
            Map<String, Object> fields = fields(totals);
            fields.put("seconds", Math.round(seconds * 10) / 10.0);
            line("summary", fields);
        } else if (!interval.isZero()) {
            System.out.println(String.format("%s in %.1f s", text(totals), seconds)); // in one piece
        }
    }
}
