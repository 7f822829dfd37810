package consumer;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import messages.Digest;
import messages.Json;
import orders.Order;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import work.Result.Abandoned;
import work.Result.DeadLettered;
import work.Result.Duplicate;
import work.Result.Processed;

/**
 * What the consumer tells of its work: to the log what became of each order, to standard output every few seconds one
 * line of figures, and at the end a summary; as JSON lines if asked. A thread of its own prints, so that figures come
 * even while the poll thread waits for Kafka, and say so.
 */
public final class Report implements AutoCloseable {
    private static final Duration REFRESH = Duration.ofMillis(200);
    private static final Duration STALLED = Duration.ofSeconds(5);

    private final LongAdder processed = new LongAdder();
    private final LongAdder duplicates = new LongAdder();
    private final LongAdder deadLetters = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final long started = System.nanoTime();
    private final Logger log;
    private final Duration interval;
    private final boolean json;
    private volatile State state = new State(0, 0, new TreeMap<>(), 0, started);
    private volatile long aliveAt = started;

    /** What the poll thread had in hand when it last looked. Lag in records; the oldest by nanoTime, 0 if none. */
    private record State(int inFlight, long bytes, Map<String, Long> lag, long oldest, long at) {
    }

    /** @param interval between two lines; zero prints none */
    public Report(Logger log, Duration interval, boolean json) {
        this.log = log;
        this.interval = interval;
        this.json = json;
        if (!interval.isZero()) {
            Thread.ofPlatform().daemon().name("figures").start(this::print);
        }
    }

    /** Called by the poll thread, every time round. */
    public void look(Assignment assignment, Consumer<?, ?> consumer) {
        long now = System.nanoTime();
        aliveAt = now;
        if (now - state.at < REFRESH.toNanos()) {
            return;
        }
        Set<TopicPartition> known = consumer.assignment();
        Map<String, Long> lag = new TreeMap<>();
        long oldest = 0;
        for (OwnedPartition partition : assignment.owned()) {
            TopicPartition at = partition.topicPartition();
            if (known.contains(at)) {
                consumer.currentLag(at).ifPresent(
                        unread -> lag.put(at.toString(), unread + partition.uncommitted().size()));
            }
            long first = partition.uncommitted().oldest().orElse(0);
            oldest = oldest == 0 || (first != 0 && first - oldest < 0) ? first : oldest;
        }
        state = new State(assignment.inFlight(), assignment.bytesInFlight(), lag, oldest, now);
    }

    public void received(Delivery delivery) {
        log.info("received {}, key {}", delivery, delivery.key());
    }

    /** Called once what the deliveries call for is written. */
    public void written(List<Handled> deliveries) {
        for (Handled delivery : deliveries) {
            switch (delivery.result()) {
                case Processed(Order order, Digest content, int attempts) -> {
                    processed.increment();
                    retries.add(attempts - 1);
                    log.info("processed order {}", order.orderId());
                }
                case Duplicate(Order order) -> {
                    duplicates.increment();
                    log.info("skipped order {} as a duplicate: {}", order.orderId(), delivery);
                }
                case DeadLettered(Order order, Exception cause, int attempts) -> {
                    deadLetters.increment();
                    retries.add(attempts - 1);
                    log.warn("sent {} to the DLQ after {} attempt{}: {}: {}", delivery, attempts,
                            attempts == 1 ? "" : "s", cause.getClass().getSimpleName(), cause.getMessage());
                }
                case Abandoned() -> {
                }
            }
        }
    }

    /** A ledger is read back. */
    public void restored(TopicPartition ledger, int orders, Duration took) {
        log.info("ledger {} restored: {} processed orders in {} ms", ledger, orders, took.toMillis());
        if (json) {
            line("ledger-restored", Map.of("partition", ledger.partition(), "orders", orders, "ms", took.toMillis()));
        }
    }

    private void print() {
        long before = 0;
        long beforeAt = started;
        try {
            while (!closed.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                long finished = finished();
                State seen = state;
                long waiting = now - aliveAt;
                if (finished != before || seen.inFlight > 0 || waiting > interval.toNanos()) {
                    tell(seen, Math.round((finished - before) * 1e9 / (now - beforeAt)), waiting, now);
                }
                before = finished;
                beforeAt = now;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(State seen, long rate, long waiting, long now) {
        long oldest = seen.oldest == 0 || seen.inFlight == 0 ? 0 : millis(now - seen.oldest);
        boolean stalled = waiting > Math.min(interval.toNanos(), STALLED.toNanos());
        if (json) {
            Map<String, Object> figures = totals();
            figures.put("rate", rate);
            figures.put("in_flight", seen.inFlight);
            figures.put("in_flight_bytes", seen.bytes);
            figures.put("lag", seen.lag);
            figures.put("oldest_unfinished_ms", oldest);
            figures.put("waiting_ms", stalled ? millis(waiting) : 0);
            line("figures", figures);
            return;
        }
        String lag = seen.lag.entrySet().stream().map(e -> String.format("%s: %,d", e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "));
        System.out.printf("%,d/s | in flight %,d (%,d KiB) | lag %s | %s | oldest unfinished %.1f s%s%n", rate,
                seen.inFlight, seen.bytes / 1024, lag.isEmpty() ? "unknown" : lag, sums(), oldest / 1000.0,
                stalled ? String.format(" | waiting for Kafka for %d s", millis(waiting) / 1000) : "");
    }

    private String sums() {
        return String.format("processed %,d, duplicates %,d, dead letters %,d", processed.sum(), duplicates.sum(),
                deadLetters.sum());
    }

    private Map<String, Object> totals() {
        Map<String, Object> totals = new LinkedHashMap<>();
        totals.put("processed", processed.sum());
        totals.put("duplicates", duplicates.sum());
        totals.put("dead_letters", deadLetters.sum());
        totals.put("retries", retries.sum());
        return totals;
    }

    private long finished() {
        return processed.sum() + duplicates.sum() + deadLetters.sum();
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
        if (state.at == started) {
            return; // it never came to the first poll
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        if (json) {
            Map<String, Object> totals = totals();
            totals.put("seconds", Math.round(seconds * 10) / 10.0);
            line("summary", totals);
        } else if (!interval.isZero()) {
            System.out.printf("%s in %.1f s%n", sums(), seconds);
        }
    }
}
