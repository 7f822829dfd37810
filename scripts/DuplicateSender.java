///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Sends duplicates, checks that each order had one outcome: jbang DuplicateSender.java --copies 3
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//SOURCES cli/package-info.java
//SOURCES cluster/package-info.java
//SOURCES messages/package-info.java
//SOURCES orders/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import cli.ExitCode;
import cli.Failure;
import cli.KafkaOptions;
import cli.LogOptions;
import cli.ProgressBar;
import cli.Script;
import cluster.TopicReader;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import messages.Json;
import orders.Order;
import orders.Topics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A client that gets no answer sends its order again. How many orders does it end up with?
 *
 * <ol>
 *   <li>Send N orders M times each, many at once: over HTTP under one idempotency key, where a request without an
 * answer is repeated under the same key, or straight to the topic under one {@code order_id}, past the API.
 *   <li>Wait until the group has committed all that was sent: from then on no further outcome can come.
 *   <li>Read {@code order-outcomes} and count the outcomes of each order: exactly one, or the check fails.
 * </ol>
 *
 * With {@code --copies 1} it is a load generator that checks its work.
 */
@Command(name = "DuplicateSender", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Sends duplicates and checks that every order had exactly one outcome.")
public class DuplicateSender implements Callable<Integer> {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration PAUSE = Duration.ofMillis(200);

    enum Via { http, topic }

    @Option(names = "--orders", defaultValue = "100", paramLabel = "N",
            description = "How many orders (default: ${DEFAULT-VALUE}).")
    private int orders;

    @Option(names = "--copies", defaultValue = "3", paramLabel = "M",
            description = "How often to send each (default: ${DEFAULT-VALUE}).")
    private int copies;

    @Option(names = "--via", defaultValue = "http", paramLabel = "http|topic",
            description = "Through the API, or straight to the topic (default: ${DEFAULT-VALUE}).")
    private Via via;

    @Option(names = "--api", defaultValue = "http://localhost:8000", paramLabel = "URL",
            description = "Where the API is (default: ${DEFAULT-VALUE}).")
    private URI api;

    @Option(names = "--concurrency", defaultValue = "16", paramLabel = "N",
            description = "How many requests at a time (default: ${DEFAULT-VALUE}).")
    private int concurrency;

    @Option(names = "--customer", defaultValue = "customer123", paramLabel = "ID",
            description = "The customer_id of the orders; ending in f they fail, in r they are retried "
                    + "(default: ${DEFAULT-VALUE}).")
    private String customer;

    @Option(
            names = "--run-id",
            paramLabel = "ID",
            description =
                    "Names the orders and keys, so that a second run sends the same ones again (default: random).")
    private String runId = UUID.randomUUID().toString().substring(0, 8);

    @Mixin
    private KafkaOptions kafka;

    @Option(names = "--topic", defaultValue = Topics.EVENTS, paramLabel = "TOPIC",
            description = "Where the orders go (default: ${DEFAULT-VALUE}).")
    private String topic;

    @Option(names = "--outcomes-topic", defaultValue = Topics.OUTCOMES, paramLabel = "TOPIC",
            description = "Where their outcomes are (default: ${DEFAULT-VALUE}).")
    private String outcomesTopic;

    @Option(names = "--group", defaultValue = Topics.GROUP, paramLabel = "GROUP",
            description = "The consumer group that processes them (default: ${DEFAULT-VALUE}).")
    private String group;

    @Option(names = "--timeout-ms", defaultValue = "120000", paramLabel = "MS",
            description = "How long to repeat a request, and to wait for the outcomes (default: ${DEFAULT-VALUE}).")
    private long timeoutMs;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Mixin
    private LogOptions logging;

    private Logger log;
    private final Set<String> orderIds = ConcurrentHashMap.newKeySet();
    private final AtomicInteger repeated = new AtomicInteger();
    private AtomicLongArray nanos;

    public static void main(String... args) {
        System.exit(Script.run(new DuplicateSender(), args));
    }

    @Override
    public Integer call() throws Exception {
        log = logging.open(DuplicateSender.class, null);
        if (orders < 1 || copies < 1 || concurrency < 1) {
            throw new Failure(ExitCode.USAGE, "--orders, --copies and --concurrency have to be 1 or more.");
        }
        nanos = new AtomicLongArray(orders * copies);
        try (Admin admin = kafka.connect("duplicate-sender", log);
                TopicReader reader = new TopicReader(kafka.client("duplicate-sender-reader"))) {
            kafka.topics(admin).createMissing(Topics.events(topic),
                    via == Via.topic ? AclOperation.WRITE : AclOperation.DESCRIBE);
            Instant start = Instant.now();
            send();                                                                             // 1
            Duration took = Duration.between(start, Instant.now());
            awaitCommitted(admin, reader.ends(reader.partitions(topic)));                       // 2
            return report(took, count(reader));                                                 // 3
        } catch (KafkaException e) {
            throw kafka.failure(e);
        }
    }

    // --- 1: send --------------------------------------------------------------------------------------------------

    @FunctionalInterface
    private interface Sending {
        void send(int order) throws Exception;
    }

    private void send() throws Exception {
        switch (via) {
            case http -> {
                try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
                    sendAll(order -> post(client, order));
                }
            }
            case topic -> {
                try (Producer<String, byte[]> producer = new KafkaProducer<>(producerSettings())) {
                    sendAll(order -> produce(producer, order));
                }
            }
        }
    }

    /** The copies of one order stand side by side, so that they meet each other on the way. */
    private void sendAll(Sending sending) throws Exception {
        Semaphore slots = new Semaphore(concurrency);
        List<Future<?>> all = new ArrayList<>();
        try (ProgressBar bar = new ProgressBar("sending", orders * copies);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < orders * copies; i++) {
                int number = i;
                slots.acquire();
                all.add(threads.submit(() -> {
                    try {
                        long start = System.nanoTime();
                        sending.send(number / copies);
                        nanos.set(number, System.nanoTime() - start);
                        bar.step();
                        return null;
                    } finally {
                        slots.release();
                    }
                }));
            }
        }
        for (Future<?> one : all) {
            try {
                one.get();
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }
    }

    private void post(HttpClient client, int number) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(api.resolve("/orders/")).timeout(REQUEST_TIMEOUT)
                .header("Content-Type", "application/json").header("Idempotency-Key", "\"" + name(number) + "\"")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(Map.of("customer_id", customer,
                        "items", List.of(item()), "total_amount", item().price())))).build();
        Instant deadline = Instant.now().plusMillis(timeoutMs);
        while (true) {
            String problem;
            try {
                HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
                if (response.statusCode() == 201) {
                    orderIds.add(Json.read(response.body()).path("order_id").asText());
                    return;
                }
                problem = response.statusCode() + " " + new String(response.body(), StandardCharsets.UTF_8);
                if (response.statusCode() < 500) {
                    throw new Failure("The API refused an order: " + problem);
                }
            } catch (IOException e) {
                problem = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            }
            if (Instant.now().isAfter(deadline)) {
                throw new Failure("The API at " + api + " took no order for " + timeoutMs + " ms (" + problem
                        + "): is it running, and is --api right?");
            }
            repeated.incrementAndGet(); // no answer, or none that tells: the same key makes it safe to ask again
            Thread.sleep(PAUSE);
        }
    }

    private Properties producerSettings() {
        Properties settings = kafka.client("duplicate-sender-producer");
        settings.put(ProducerConfig.ACKS_CONFIG, "all"); // a lost record would look like a lost outcome
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1); // a batch overtaken by the next can be
        // refused for good (KAFKA-15591)
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return settings;
    }

    private void produce(Producer<String, byte[]> producer, int number) throws Exception {
        Order order = new Order(
                name(number),
                customer,
                List.of(item()),
                item().price(),
                Instant.now().toString(),
                null);
        producer.send(new ProducerRecord<>(topic, order.orderId(), Json.bytes(order))).get();
        orderIds.add(order.orderId());
    }

    private String name(int number) {
        return runId + "-" + number;
    }

    private static Order.Item item() {
        return new Order.Item("product456", 1, new BigDecimal("59.98"));
    }

    // --- 2: wait --------------------------------------------------------------------------------------------------

    private void awaitCommitted(Admin admin, Map<TopicPartition, Long> ends) throws InterruptedException {
        Instant deadline = Instant.now().plusMillis(timeoutMs);
        long total = ends.values().stream().mapToLong(Long::longValue).sum();
        try (ProgressBar bar = new ProgressBar("processing", total)) {
            while (true) {
                var committed = kafka.cluster().ask(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
                long done = ends.entrySet().stream().mapToLong(end -> {
                    var offset = committed.get(end.getKey());
                    return offset == null ? 0 : Math.min(offset.offset(), end.getValue());
                }).sum();
                bar.at(done);
                if (done >= total) {
                    return;
                }
                if (Instant.now().isAfter(deadline)) {
                    throw new Failure("The group " + group + " has not committed " + (total - done) + " of " + total
                            + " records after " + timeoutMs + " ms: is an OrderConsumer running?");
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    // --- 3: count -------------------------------------------------------------------------------------------------

    private Map<String, Integer> count(TopicReader reader) {
        Map<String, Integer> outcomes = new LinkedHashMap<>();
        orderIds.forEach(id -> outcomes.put(id, 0));
        reader.readAll(reader.partitions(outcomesTopic), () -> false, record -> {
            if (record.value() != null && record.key() != null) {
                outcomes.computeIfPresent(new String(record.key(), StandardCharsets.UTF_8), (id, n) -> n + 1);
            }
        });
        return outcomes;
    }

    private int report(Duration took, Map<String, Integer> outcomes) {
        long one = outcomes.values().stream().filter(n -> n == 1).count();
        long none = outcomes.values().stream().filter(n -> n == 0).count();
        long several = outcomes.size() - one - none;
        long[] sorted = new long[nanos.length()];
        Arrays.setAll(sorted, nanos::get);
        Arrays.sort(sorted);
        double rate = sorted.length / Math.max(1e-3, took.toMillis() / 1e3);
        double p50 = sorted[sorted.length / 2] / 1e6;
        double p99 = sorted[(int) (sorted.length * 0.99)] / 1e6;
        boolean held = one == orders && outcomes.size() == orders;
        if (json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("run_id", runId);
            result.put("orders", orders);
            result.put("copies", copies);
            result.put("order_ids", outcomes.size());
            result.put("one_outcome", one);
            result.put("no_outcome", none);
            result.put("several_outcomes", several);
            result.put("repeated_requests", repeated.get());
            result.put("sent_per_second", Math.round(rate));
            result.put("p50_ms", Math.round(p50 * 10) / 10.0);
            result.put("p99_ms", Math.round(p99 * 10) / 10.0);
            result.put("held", held);
            System.out.println(new String(Json.bytes(result), StandardCharsets.UTF_8));
        } else {
            System.out.printf(
                    "sent %d orders %d time%s each via %s: %.0f/s, p50 %.1f ms, p99 %.1f ms, %d repeated%n",
                    orders, copies, copies == 1 ? "" : "s", via, rate, p50, p99, repeated.get());
            System.out.printf("%d orders: %d with exactly one outcome, %d with none, %d with several%n",
                    outcomes.size(), one, none, several);
        }
        if (!held) {
            throw new Failure("Not every order had exactly one outcome.");
        }
        return ExitCode.OK.code();
    }
}
