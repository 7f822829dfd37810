///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Takes orders over HTTP and answers 201 once Kafka has acknowledged them: jbang OrderApi.java --port 8000
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS org.slf4j:slf4j-jdk-platform-logging:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.webjars:swagger-ui:5.34.1
//SOURCES api/package-info.java
//SOURCES cli/package-info.java
//SOURCES cluster/package-info.java
//SOURCES messages/package-info.java
//SOURCES orders/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:+ExitOnOutOfMemoryError -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS
//FILES openapi.json=api/openapi.json

import api.ApiDocs;
import api.HttpBodies;
import api.HttpLimits;
import api.HttpProblem;
import api.HttpRoutes;
import api.HttpRoutes.Answer;
import api.IdempotencyKey;
import api.OrderView;
import api.ProblemType;
import api.Recent;
import cli.ExitCode;
import cli.Failure;
import cli.KafkaOptions;
import cli.LogOptions;
import cli.Script;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import messages.Json;
import orders.InvalidOrder;
import orders.Order;
import orders.Topics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * When may a client believe that its order is safe, and what may it do when no answer comes?
 *
 * <ol>
 *   <li>Read and check the order; every wrong field is named.
 *   <li>Look up the idempotency key: who comes second gets the first one's answer, also while that one is in flight.
 *   <li>Send the order to Kafka, keyed by its {@code order_id}, so that all records of one order keep their order.
 *   <li>Wait for the acknowledgement of all in-sync replicas; only then answer 201 with partition and offset.
 *   <li>Without one, say what is known: 503, nothing was written; 504, the outcome is unknown, and repeating the
 * request with the same key is safe: it waits for the same record, which the producer goes on trying to write.
 * </ol>
 *
 * Keys are remembered in this process only. A retry that comes after a restart gets the same {@code order_id} (it is
 * made from the key), so that the consumer recognises it.
 */
@Command(name = "OrderApi", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Takes orders over HTTP and writes them to Kafka.")
public class OrderApi implements Callable<Integer> {
    private static final Duration HEALTH_PROBE = Duration.ofSeconds(2);
    private static final int TO_TAKE_AN_ANSWER = 10; // seconds
    private static final int MAX_BLOCK_MS = 20;
    private static final int LOOK_MS = 50;
    private static final long NEVER_MS = Duration.ofDays(3650).toMillis();
    private static final String RETRY_AFTER = "5"; // seconds
    private static final String NOT_IN_TIME =
            "Kafka did not acknowledge the order in time: it may or may not be written.";

    @Mixin
    private HttpLimits limits;

    @Mixin
    private KafkaOptions kafka;

    @Option(names = "--topic", defaultValue = Topics.EVENTS, paramLabel = "TOPIC",
            description = "Where the orders go (default: ${DEFAULT-VALUE}).")
    private String topic;

    @Option(names = "--outcomes-topic", defaultValue = Topics.OUTCOMES, paramLabel = "TOPIC",
            description = "Where it stands what became of them (default: ${DEFAULT-VALUE}).")
    private String outcomesTopic;

    @Option(names = "--acks", defaultValue = "all", paramLabel = "all|1|0",
            description = "Whose acknowledgement to wait for: of all in-sync replicas, the leader, nobody. Only 'all' "
                    + "keeps an accepted order when a broker dies (default: ${DEFAULT-VALUE}).")
    private String acks;

    @Option(names = "--no-idempotence",
            description = "Let the producer's own retries write a record twice. Unsafe.")
    private boolean noIdempotence;

    @Option(names = "--timeout-ms", defaultValue = "10000", paramLabel = "MS",
            description = "How long a request may take before it is answered 504 (default: ${DEFAULT-VALUE}).")
    private int timeoutMs;

    @Option(names = "--max-in-flight", defaultValue = "2000", paramLabel = "N",
            description = "How many orders may wait for Kafka; more are answered 503 at once "
                    + "(default: ${DEFAULT-VALUE}).")
    private int maxInFlight;

    @Option(names = "--buffer-memory", defaultValue = "33554432", paramLabel = "BYTES",
            description = "The same in bytes, as the producer's buffer counts them (default: ${DEFAULT-VALUE}).")
    private long bufferMemory;

    @Option(names = "--require-key", description = "Answer 400 to orders without an idempotency key.")
    private boolean requireKey;

    @Option(names = "--max-keys", defaultValue = "100000", paramLabel = "N",
            description = "How many idempotency keys to remember (default: ${DEFAULT-VALUE}).")
    private int maxKeys;

    @Option(names = "--key-ttl-ms", defaultValue = "86400000", paramLabel = "MS",
            description = "How long to remember a key (default: ${DEFAULT-VALUE}, a day).")
    private long keyTtlMs;

    @Option(names = "--max-orders", defaultValue = "100000", paramLabel = "N",
            description = "Of how many of the latest orders to know what became of them (default: ${DEFAULT-VALUE}).")
    private int maxOrders;

    @Option(names = "--log-file", defaultValue = "kafka_app.log", paramLabel = "FILE",
            description = "Where to log beside the console (default: ${DEFAULT-VALUE}).")
    private Path logFile;

    @Mixin
    private LogOptions logging;

    private Logger log;
    private Admin admin;
    private Producer<String, byte[]> producer;
    private Metric connections;
    private Metric resends;
    private HttpBodies bodies;
    private Recent<Placed> byKey;
    private Semaphore inFlight;
    private OrderView view;

    /** The requests that wait for Kafka: to look through them now and then costs less than a timer for each. */
    private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();

    private record Waiting(CompletableFuture<Accepted> answer, long deadline) {
    }

    public static void main(String... args) {
        System.exit(Script.run(new OrderApi(), args));
    }

    @Override
    public Integer call() throws Exception {
        log = logging.open(OrderApi.class, logFile);
        check();
        Properties settings = producerSettings();
        inFlight = new Semaphore(maxInFlight);
        byKey = new Recent<>(maxKeys, Duration.ofMillis(Math.min(keyTtlMs, NEVER_MS)),
                placed -> placed.answer.isDone());
        bodies = limits.bodies();
        HttpServer server = limits.bind(timeoutMs / 1000 + TO_TAKE_AN_ANSWER);
        try (Admin admin = kafka.connect("order-api", log)) {
            this.admin = admin;
            kafka.topics(admin).createMissing(Topics.events(topic), AclOperation.WRITE);
            try (Producer<String, byte[]> producer = new KafkaProducer<>(settings);
                    OrderView view = new OrderView(() -> kafka.client("order-api-view"), topic, outcomesTopic,
                            maxOrders)) {
                this.producer = producer;
                this.view = view;
                connections = metric("connection-count");
                resends = metric("record-retry-total");
                awaitMetadata();
                serve(server);
            }
        } catch (KafkaException e) {
            throw kafka.failure(e);
        }
        return ExitCode.OK.code();
    }

    private void check() {
        if (!List.of("all", "-1", "1", "0").contains(acks)) {
            throw new Failure(ExitCode.USAGE, "--acks " + acks + ": give all, 1 or 0.");
        }
        if (timeoutMs < 100 || maxInFlight < 1 || maxKeys < 0 || keyTtlMs < 0 || maxOrders < 0) {
            throw new Failure(ExitCode.USAGE, "--timeout-ms has to be 100 or more, --max-in-flight 1 or more, the other "
                    + "limits 0 or more.");
        }
    }

    private void serve(HttpServer server) throws InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        int grace = timeoutMs / 1000 + 2; // seconds, in which whoever waits is answered, be it with 504
        HttpRoutes routes = routes();
        try (var shutdown = new Script.Shutdown(stop::countDown, Duration.ofSeconds(3 * grace));
                var clock = Executors.newSingleThreadScheduledExecutor()) {
            clock.scheduleWithFixedDelay(this::endLongWaits, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
            server.createContext("/", routes);
            server.start();
            System.out.println("Listening on " + limits.address(server));
            stop.await();
            log.info("stopping: answering what is in flight");
            routes.closeConnections();
            server.stop(grace);
            producer.close(Duration.ofMillis(timeoutMs));
        }
    }

    // --- the routes -----------------------------------------------------------------------------------------------

    private HttpRoutes routes() {
        return new HttpRoutes(log)
                .on("POST", "/orders", (exchange, none) -> placeOrder(exchange))
                .on("POST", "/orders/", (exchange, none) -> placeOrder(exchange))
                .on("GET", "/orders/*", (exchange, orderId) -> orderState(orderId))
                .on("GET", "/docs", (exchange, none) -> ApiDocs.page())
                .on("GET", "/docs/*", (exchange, file) -> ApiDocs.file(file))
                .on("GET", "/openapi.json", (exchange, none) -> ApiDocs.contract())
                .on("GET", "/problems/*", (exchange, name) -> problem(name))
                .on("GET", "/health", (exchange, none) -> health())
                .on("GET", "/", (exchange, none) -> hint());
    }

    private Answer hint() {
        Map<String, String> hint = new LinkedHashMap<>();
        hint.put("service", "Kafka Order Lab: order API");
        hint.put("order", "POST /orders/ with customer_id, items [{product_id, quantity, price}] and total_amount");
        hint.put("what became of it", "GET /orders/{order_id}");
        hint.put("docs", "GET /docs, GET /openapi.json");
        hint.put("health", "GET /health");
        return new Answer(200, hint);
    }

    private static Answer problem(String name) {
        return new Answer(200, ProblemType.named(name).orElseThrow(() ->
                new HttpProblem(ProblemType.UNKNOWN_ADDRESS, "There is no such type of problem.")).body());
    }

    private Answer health() {
        boolean up = reachable();
        return new Answer(up ? 200 : 503, Map.of("status", up ? "up" : "down",
                "kafka", up ? "reachable" : "unreachable", "bootstrap_server", kafka.cluster().bootstrapServers()));
    }

    private boolean reachable() {
        try {
            int limit = (int) HEALTH_PROBE.toMillis();
            admin.describeCluster(new DescribeClusterOptions().timeoutMs(limit))
                    .clusterId()
                    .get(limit, TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    // --- GET /orders/{order_id} -----------------------------------------------------------------------------------

    private Answer orderState(String orderId) {
        byte[] outcome = view.outcome(orderId).orElseThrow(() -> new HttpProblem(ProblemType.UNKNOWN_ORDER,
                "The order is not known: it was never accepted, or it is not among the last " + maxOrders + "."));
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("order_id", orderId);
        if (OrderView.isAccepted(outcome)) {
            state.put("status", "accepted");
            return new Answer(200, state);
        }
        try {
            JsonNode json = Json.read(outcome);
            List.of("status", "reason", "attempts", "at").forEach(field -> state.put(field, json.get(field)));
            return new Answer(200, state);
        } catch (JsonProcessingException e) {
            throw new HttpProblem(ProblemType.UNKNOWN_ORDER, "What became of the order is no JSON.");
        }
    }

    // --- POST /orders/ --------------------------------------------------------------------------------------------

    /** Where an order is. */
    private record Accepted(String orderId, int partition, long offset) {
    }

    /** What is remembered under a key: a digest of the order, and the answer, once there is one. */
    private record Placed(String fingerprint, CompletableFuture<Accepted> answer) {
    }

    /** What a client sent: its order, and its idempotency key or null. */
    private record Posted(Order order, String key) {
    }

    private Answer placeOrder(HttpExchange exchange) throws IOException {
        Posted request = request(exchange);                                                     // 1
        Order posted = request.order;
        String key = request.key;
        Order order = posted.completed(newId(key), Instant.now().toString(), key);
        String fingerprint = key == null ? null : posted.contentDigest() + Objects.toString(posted.orderId(), "");
        log.info("received order {} of customer {}, idempotency key {}", order.orderId(), order.customerId(), key);
        var record = new ProducerRecord<>(topic, order.orderId(), Json.bytes(order));
        Placed mine = new Placed(fingerprint, new CompletableFuture<>());
        Placed first = key == null ? null : byKey.putIfAbsent(key, mine);                               // 2
        if (first == null) {
            if (key != null) { // what failed is no answer to a retry
                mine.answer.exceptionally(failure -> {
                    byKey.remove(key, mine);
                    return null;
                });
            }
            send(record, key, mine.answer);
            Accepted accepted = await(mine.answer, order.orderId(), key);
            log.info("order {} acknowledged: {}-{}@{}", order.orderId(), topic, accepted.partition(),
                    accepted.offset());
            return created(exchange, accepted, false);
        }
        if (!first.fingerprint.equals(fingerprint)) {
            throw new HttpProblem(ProblemType.REUSED_IDEMPOTENCY_KEY,
                    "The idempotency key was used for another order: take a new key for a new order.");
        }
        Accepted accepted = awaitFirst(first.answer, order.orderId(), key);
        log.info("order {} is a duplicate by its idempotency key {}: nothing sent", accepted.orderId(), key);
        exchange.getResponseHeaders().set("Idempotent-Replayed", "true");
        return created(exchange, accepted, true);
    }

    private Posted request(HttpExchange exchange) throws IOException {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        if (type != null && !type.split(";", 2)[0].strip().equalsIgnoreCase("application/json")) {
            throw new HttpProblem(ProblemType.UNSUPPORTED_MEDIA_TYPE, "The body has to be application/json.");
        }
        if (exchange.getRequestHeaders().containsKey("Content-Encoding")) {
            throw new HttpProblem(ProblemType.UNSUPPORTED_MEDIA_TYPE, "The body has to be sent uncompressed.");
        }
        try {
            return bodies.read(exchange, bytes -> posted(exchange.getRequestHeaders(), Json.read(bytes)));
        } catch (JsonProcessingException e) {
            throw new HttpProblem(ProblemType.MALFORMED_REQUEST, "The body is not JSON: " + e.getOriginalMessage());
        }
    }

    private Posted posted(Headers headers, JsonNode json) {
        if (!(json instanceof ObjectNode body)) {
            throw new HttpProblem(json.isMissingNode() ? ProblemType.MALFORMED_REQUEST : ProblemType.INVALID_ORDER,
                    "The body has to be one JSON object: an order.");
        }
        String key = IdempotencyKey.of(headers, body);
        if (key == null && requireKey) {
            throw new HttpProblem(ProblemType.MISSING_IDEMPOTENCY_KEY,
                    "Send an Idempotency-Key: a text of your own, the same whenever you repeat the request.");
        }
        try {
            return new Posted(Order.posted(body), key);
        } catch (InvalidOrder e) {
            throw new HttpProblem(ProblemType.INVALID_ORDER, "The order is not valid: " + e.getMessage())
                    .with(e.problems());
        }
    }

    /** Made from the key, it is the same for every retry, even after a restart. */
    private static String newId(String key) {
        return (key == null ? UUID.randomUUID() : UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8)))
                .toString();
    }

    private Answer created(HttpExchange exchange, Accepted accepted, boolean duplicate) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("topic", topic);
        metadata.put("partition", accepted.partition());
        metadata.put("offset", accepted.offset());
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("status", "success");
        answer.put("message", "Order " + accepted.orderId() + " created successfully");
        answer.put("order_id", accepted.orderId());
        answer.put("kafka_metadata", metadata);
        if (duplicate) {
            answer.put("duplicate", true);
        }
        exchange.getResponseHeaders().set("Location", "/orders/" + HttpRoutes.encoded(accepted.orderId()));
        return new Answer(201, answer);
    }

    // --- Kafka ----------------------------------------------------------------------------------------------------

    private Properties producerSettings() {
        boolean safe = acks.equals("all") || acks.equals("-1");
        if (!safe) {
            log.warn("UNSAFE: --acks {} answers 201 for orders that are lost when a broker dies", acks);
        }
        if (noIdempotence || !safe) {
            log.warn("UNSAFE: without the idempotent producer a lost acknowledgement writes an order twice");
        }
        Properties settings = kafka.client("order-api");
        settings.put(ProducerConfig.ACKS_CONFIG, acks);
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, safe && !noIdempotence); // retries add no record
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1); // a batch overtaken by the next can be
        // refused for good (KAFKA-15591); and what comes in meanwhile goes as one batch, which is faster
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0); // a client waits: with 1 ms 32 of them send a third less
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, bufferMemory);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MS); // a full buffer: 503 now, and no thread waits
        settings.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, NEVER_MS); // to ask for it again would take longer
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE); // given up and repeated by the
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, timeoutMs / 2); // client, an order could be there twice
        settings.put(ProducerConfig.CONNECTIONS_MAX_IDLE_MS_CONFIG, -1); // no connection then means no broker
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return settings;
    }

    /** Sends an order; {@code accepted} is completed by Kafka's acknowledgement, or with an {@link HttpProblem}. */
    private void send(ProducerRecord<String, byte[]> order, String key, CompletableFuture<Accepted> accepted) {
        if ((double) connections.metricValue() == 0 && !reachable()) {
            accepted.completeExceptionally(unavailable("Kafka cannot be reached, and nothing was sent."));
            return;
        }
        if (!inFlight.tryAcquire()) {
            accepted.completeExceptionally(new HttpProblem(ProblemType.TOO_BUSY, "As many orders as may wait for Kafka "
                    + "do so already; nothing was sent. Try again later.").with("Retry-After", RETRY_AFTER));
            return;
        }
        accepted.whenComplete((done, failed) -> inFlight.release());
        double resent = (double) resends.metricValue();
        try {
            producer.send(order, (at, failure) -> {                                                     // 3
                if (failure == null) {
                    view.accepted(order.key()); // also if whoever asked has been told that we do not know
                    accepted.complete(new Accepted(order.key(), at.partition(), at.offset()));
                } else {
                    accepted.completeExceptionally(failed(failure, resent < (double) resends.metricValue(),
                            order.key(), key));
                }
            });
        } catch (RuntimeException e) { // this producer will send nothing any more
            accepted.completeExceptionally(unavailable("Nothing was sent: " + e.getMessage()));
        }
    }

    /**
     * What did not get into the buffer is not written, nor what Kafka refuses, unless it did so to a resend: the first
     * time it may have been taken, and the answer lost. After any other failure it may be written.
     */
    private static HttpProblem failed(Exception failure, boolean resent, String orderId, String key) {
        boolean refused = failure instanceof AuthorizationException || failure instanceof RecordTooLargeException
                || failure instanceof InvalidRecordException || failure instanceof InvalidTopicException;
        return failure instanceof org.apache.kafka.common.errors.TimeoutException || refused && !resent
                ? unavailable("Kafka did not take the order, and nothing is written: " + failure.getMessage())
                : unknown("The order may or may not be written: " + failure.getMessage(), orderId, key);
    }

    private Accepted await(CompletableFuture<Accepted> sent, String orderId, String key) {
        Waiting request = new Waiting(sent.copy(), System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs));
        waiting.add(request);
        try {
            return request.answer.get();                                                                // 4
        } catch (ExecutionException e) {                                                                // 5
            throw e.getCause() instanceof HttpProblem problem ? problem : unknown(NOT_IN_TIME, orderId, key);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            waiting.remove(request);
        }
    }

    /** The same for those that come with its key meanwhile: any number, of which nothing must stay behind. */
    private Accepted awaitFirst(CompletableFuture<Accepted> sent, String orderId, String key) {
        try {
            return sent.get(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw (HttpProblem) e.getCause();
        } catch (TimeoutException e) {
            throw unknown(NOT_IN_TIME, orderId, key);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ends the waiting of those that have waited for long enough; what they wait for goes on. */
    private void endLongWaits() {
        long now = System.nanoTime();
        for (Waiting request : waiting) {
            if (now - request.deadline > 0) {
                request.answer.completeExceptionally(new TimeoutException());
            }
        }
    }

    /** A figure that the producer keeps of itself: to look at it costs nothing, to ask Kafka a round trip. */
    private Metric metric(String name) {
        return producer.metrics().values().stream()
                .filter(m -> m.metricName().name().equals(name)
                        && m.metricName().group().equals("producer-metrics"))
                .findFirst()
                .orElseThrow();
    }

    /** A send waits {@value #MAX_BLOCK_MS} ms for metadata; at the start there is more time. */
    private void awaitMetadata() {
        for (long start = System.nanoTime(); ; ) {
            try {
                producer.partitionsFor(topic);
                return;
            } catch (org.apache.kafka.common.errors.TimeoutException e) {
                if (System.nanoTime() - start > TimeUnit.MILLISECONDS.toNanos(timeoutMs)) {
                    throw kafka.failure(e);
                }
            }
        }
    }

    private static HttpProblem unknown(String detail, String orderId, String key) {
        return new HttpProblem(ProblemType.OUTCOME_UNKNOWN, detail + (key != null
                ? " Send it again with the same Idempotency-Key, which is safe."
                : " It had no Idempotency-Key, so that a repeat may be a second order: see first whether /orders/"
                        + HttpRoutes.encoded(orderId) + " becomes known."));
    }

    private static HttpProblem unavailable(String detail) {
        return new HttpProblem(ProblemType.KAFKA_UNAVAILABLE, detail).with("Retry-After", RETRY_AFTER);
    }
}
