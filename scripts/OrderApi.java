///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Takes orders over HTTP and answers 201 once Kafka has acknowledged them: jbang OrderApi.java --port 8000
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS org.slf4j:slf4j-jdk-platform-logging:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS com.github.ben-manes.caffeine:caffeine:3.3.1
//DEPS org.apache.kafka:kafka-clients:4.3.1
//SOURCES orders/Digest.java
//SOURCES orders/HttpProblem.java
//SOURCES orders/IdempotencyKey.java
//SOURCES orders/InvalidOrder.java
//SOURCES orders/Json.java
//SOURCES orders/KafkaOptions.java
//SOURCES orders/LogFile.java
//SOURCES orders/LogOptions.java
//SOURCES orders/Order.java
//SOURCES orders/PermanentFailure.java
//SOURCES orders/Printable.java
//SOURCES orders/Script.java
//SOURCES orders/Topics.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Dsun.net.httpserver.nodelay=true -Dsun.net.httpserver.maxReqTime=30
//RUNTIME_OPTIONS -Dsun.net.httpserver.maxIdleConnections=10000

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import orders.HttpProblem;
import orders.IdempotencyKey;
import orders.InvalidOrder;
import orders.Json;
import orders.KafkaOptions;
import orders.LogOptions;
import orders.Order;
import orders.Printable;
import orders.Script;
import orders.Script.Failure;
import orders.Topics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Metric;
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
 * request with the same key is safe.
 * </ol>
 *
 * Keys are remembered in this process only. A retry that comes after a restart gets the same {@code order_id} (it is
 * made from the key), so that the consumer recognises it.
 */
@Command(name = "OrderApi", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Takes orders over HTTP and writes them to Kafka.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:stopped", "1:failed", "2:wrong options", "3:Kafka cannot be reached",
            "130, 143:ended by Ctrl-C or SIGTERM"})
public class OrderApi implements Callable<Integer> {
    private static final Duration HEALTH_PROBE = Duration.ofSeconds(2);
    private static final int GRACE_SECONDS = 10;

    @Option(names = "--port", defaultValue = "8000", paramLabel = "PORT",
            description = "Port to listen on; 0 takes a free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--host", defaultValue = "127.0.0.1", paramLabel = "HOST",
            description = "Address to listen on (default: ${DEFAULT-VALUE}).")
    private String host;

    @Mixin
    private KafkaOptions kafka;

    @Option(names = "--topic", defaultValue = Topics.EVENTS, paramLabel = "TOPIC",
            description = "Where the orders go (default: ${DEFAULT-VALUE}).")
    private String topic;

    @Option(
            names = "--acks",
            defaultValue = "all",
            paramLabel = "all|1|0",
            description =
                    "Whose acknowledgement to wait for: of all in-sync replicas, the leader, nobody. Only 'all' keeps "
                            + "an accepted order when a broker dies (default: ${DEFAULT-VALUE}).")
    private String acks;

    @Option(names = "--no-idempotence",
            description = "Let the producer's own retries write a record twice. Unsafe.")
    private boolean noIdempotence;

    @Option(names = "--timeout-ms", defaultValue = "10000", paramLabel = "MS",
            description = "How long a request may take before it is answered 504 (default: ${DEFAULT-VALUE}).")
    private int timeoutMs;

    @Option(names = "--max-body-bytes", defaultValue = "262144", paramLabel = "BYTES",
            description = "The largest body taken (default: ${DEFAULT-VALUE}).")
    private int maxBodyBytes;

    @Option(names = "--max-keys", defaultValue = "100000", paramLabel = "N",
            description = "How many idempotency keys to remember (default: ${DEFAULT-VALUE}).")
    private int maxKeys;

    @Option(names = "--key-ttl-ms", defaultValue = "86400000", paramLabel = "MS",
            description = "How long to remember a key (default: ${DEFAULT-VALUE}, a day).")
    private long keyTtlMs;

    @Option(names = "--log-file", defaultValue = "kafka_app.log", paramLabel = "FILE",
            description = "Where to log beside the console (default: ${DEFAULT-VALUE}).")
    private Path logFile;

    @Mixin
    private LogOptions logging;

    private Logger log;
    private Admin admin;
    private Producer<String, byte[]> producer;
    private Metric connections;
    private AsyncCache<String, Accepted> byKey;

    public static void main(String... args) {
        System.exit(Script.run(new OrderApi(), args));
    }

    @Override
    public Integer call() throws Exception {
        log = logging.level("com.github.benmanes.caffeine", "off") // of a send that failed we tell ourselves
                .open(OrderApi.class, logFile);
        Properties settings = producerSettings();
        HttpServer server = listen();
        try (Admin admin = kafka.connect("order-api", log)) {
            this.admin = admin;
            kafka.createMissing(admin, Topics.events(topic));
            byKey = Caffeine.newBuilder()
                    .maximumSize(maxKeys)
                    .expireAfterWrite(Duration.ofMillis(keyTtlMs))
                    .buildAsync();
            try (Producer<String, byte[]> producer = new KafkaProducer<>(settings)) {
                this.producer = producer;
                connections = connectionCount(producer);
                producer.partitionsFor(topic); // the first order need not wait for metadata
                serve(server);
            }
        }
        return Script.OK;
    }

    private void serve(HttpServer server) throws InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        try (var shutdown = new Script.Shutdown(stop::countDown)) {
            server.createContext("/", this::handle);
            server.start();
            System.out.println("Listening on http://" + host + ":" + server.getAddress().getPort());
            stop.await();
            log.info("stopping: answering what is in flight");
            server.stop(GRACE_SECONDS);
            producer.close(Duration.ofMillis(timeoutMs));
        }
    }

    // --- the routes -----------------------------------------------------------------------------------------------

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Answer answer;
            try {
                answer = switch (exchange.getRequestURI().getPath()) {
                    case "/orders", "/orders/" -> allow(exchange, "POST") ? placeOrder(exchange) : null;
                    case "/health" -> allow(exchange, "GET") ? health() : null;
                    case "/" -> allow(exchange, "GET") ? hint() : null;
                    default ->
                        throw new HttpProblem(404, "There is nothing at this address; GET / says what there is.");
                };
            } catch (HttpProblem problem) {
                log.warn("answered {}: {}", problem.status(), problem.getMessage());
                problem.headers().forEach(exchange.getResponseHeaders()::set);
                answer = new Answer(problem.status(), "application/problem+json", problem.body());
            } catch (RuntimeException e) {
                log.error("a request failed", e);
                answer = new Answer(500, "application/problem+json",
                        new HttpProblem(500, "The request failed for a reason of our own; it is in the log.").body());
            }
            byte[] body = Json.bytes(answer.body());
            exchange.getResponseHeaders().set("Content-Type", answer.type());
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private record Answer(int status, String type, Object body) {
        Answer(int status, Object body) {
            this(status, "application/json", body);
        }
    }

    private static boolean allow(HttpExchange exchange, String method) {
        if (!exchange.getRequestMethod().equals(method)) {
            throw new HttpProblem(405, "This address takes " + method + " only.").with("Allow", method);
        }
        return true;
    }

    private Answer hint() {
        Map<String, String> hint = new LinkedHashMap<>();
        hint.put("service", "Kafka Order Lab: order API");
        hint.put("order", "POST /orders/ with customer_id, items [{product_id, quantity, price}] and total_amount");
        hint.put("health", "GET /health");
        return new Answer(200, hint);
    }

    private Answer health() {
        boolean up = reachable();
        return new Answer(up ? 200 : 503, Map.of("status", up ? "up" : "down",
                "kafka", up ? "reachable" : "unreachable", "bootstrap_server", kafka.bootstrapServer()));
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

    // --- POST /orders/ --------------------------------------------------------------------------------------------

    /** The answer to an order, as it is remembered under its key. */
    private record Accepted(String fingerprint, String orderId, Map<String, Object> kafkaMetadata) {
    }

    private Answer placeOrder(HttpExchange exchange) throws IOException {
        ObjectNode body = body(exchange);                                                       // 1
        String key = IdempotencyKey.of(exchange.getRequestHeaders(), body);
        boolean ownId = body.hasNonNull("order_id");
        Order order = order(body, key);
        String fingerprint = order.contentDigest() + (ownId ? order.orderId() : "");
        log.info("received order {} of customer {}, idempotency key {}", order.orderId(), order.customerId(), key);
        if (key == null) {
            return created(send(order, fingerprint), false);
        }
        CompletableFuture<Accepted> mine = new CompletableFuture<>();                           // 2
        CompletableFuture<Accepted> first = byKey.asMap().putIfAbsent(key, mine);
        if (first == null) {
            try {
                Accepted accepted = send(order, fingerprint);
                mine.complete(accepted);
                return created(accepted, false);
            } catch (Throwable e) {
                mine.completeExceptionally(e); // with that the cache forgets the key
                throw e;
            }
        }
        Accepted accepted = await(first);
        if (!accepted.fingerprint().equals(fingerprint)) {
            throw new HttpProblem(
                    422, "The idempotency key was used for another order: take a new key for a new order.");
        }
        log.info("order {} is a duplicate by its idempotency key {}: nothing sent", accepted.orderId(), key);
        exchange.getResponseHeaders().set("Idempotent-Replayed", "true");
        return created(accepted, true);
    }

    private ObjectNode body(HttpExchange exchange) throws IOException {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        if (type != null && !type.split(";")[0].strip().equalsIgnoreCase("application/json")) {
            throw new HttpProblem(415, "The body has to be application/json.");
        }
        byte[] bytes = exchange.getRequestBody().readNBytes(maxBodyBytes + 1);
        if (bytes.length > maxBodyBytes) {
            throw new HttpProblem(413, "The body is larger than " + maxBodyBytes + " bytes.")
                    .with("Connection", "close");
        }
        try {
            JsonNode json = Json.MAPPER.readTree(bytes);
            if (json instanceof ObjectNode object) {
                return object;
            }
            throw new HttpProblem(json.isMissingNode() ? 400 : 422, "The body has to be one JSON object: an order.");
        } catch (JsonProcessingException e) {
            throw new HttpProblem(400, "The body is not JSON: " + e.getOriginalMessage());
        }
    }

    /**
     * Fills in what a client may leave out; an id made from the key is the same for every retry, even after a restart.
     */
    private static Order order(ObjectNode body, String key) {
        if (!body.hasNonNull("order_id")) {
            body.put("order_id", (key == null ? UUID.randomUUID()
                    : UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8))).toString());
        }
        if (!body.hasNonNull("timestamp")) {
            body.put("timestamp", Instant.now().toString());
        }
        body.put("idempotency_key", key);
        try {
            return Order.from(body);
        } catch (InvalidOrder e) {
            throw new HttpProblem(422, "The order is not valid: " + e.getMessage()).with(e.problems());
        }
    }

    private Answer created(Accepted accepted, boolean duplicate) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("status", "success");
        answer.put("message", "Order " + accepted.orderId() + " created successfully");
        answer.put("order_id", accepted.orderId());
        answer.put("kafka_metadata", accepted.kafkaMetadata());
        if (duplicate) {
            answer.put("duplicate", true);
        }
        return new Answer(201, answer);
    }

    // --- Kafka ----------------------------------------------------------------------------------------------------

    private Properties producerSettings() {
        if (!List.of("all", "-1", "1", "0").contains(acks)) {
            throw new Failure(Script.USAGE, "--acks " + acks + ": give all, 1 or 0.", null);
        }
        boolean safe = acks.equals("all") || acks.equals("-1");
        if (!safe) {
            log.warn("UNSAFE: --acks {} answers 201 for orders that are lost when a broker dies", acks);
        }
        if (noIdempotence || !safe) {
            log.warn("UNSAFE: without the idempotent producer a lost acknowledgement writes an order twice");
        }
        int delivery = timeoutMs * 6 / 10;
        Properties settings = kafka.client("order-api");
        settings.put(ProducerConfig.ACKS_CONFIG, acks);
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, safe && !noIdempotence); // retries add no record
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0); // a client waits for each order
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeoutMs * 3 / 10); // no metadata, full buffer: 503 in time
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, delivery); // both together below the request's limit
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, delivery / 2); // leaves time to send once more
        settings.put(ProducerConfig.CONNECTIONS_MAX_IDLE_MS_CONFIG, -1); // no connection then means no broker
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return settings;
    }

    private Accepted send(Order order, String fingerprint) {
        if ((double) connections.metricValue() == 0 && !reachable()) {
            throw unavailable("Kafka cannot be reached, and nothing was sent.");
        }
        Future<RecordMetadata> sent = producer.send(                                            // 3
                new ProducerRecord<>(topic, order.orderId(), Json.bytes(order)));
        boolean refusedAtOnce = sent.isDone(); // then it never was in the producer's buffer
        try {
            RecordMetadata at = sent.get(timeoutMs, TimeUnit.MILLISECONDS);                     // 4
            log.info("order {} acknowledged: {}-{}@{}", order.orderId(), at.topic(), at.partition(), at.offset());
            Map<String, Object> metadata = new LinkedHashMap<>();
            metadata.put("topic", at.topic());
            metadata.put("partition", at.partition());
            metadata.put("offset", at.offset());
            return new Accepted(fingerprint, order.orderId(), metadata);
        } catch (ExecutionException e) {                                                        // 5
            Throwable cause = e.getCause();
            log.warn("order {} not acknowledged: {}", order.orderId(), cause.getMessage());
            if (cause instanceof org.apache.kafka.common.errors.TimeoutException && !refusedAtOnce) {
                throw unknown();
            }
            throw unavailable("Kafka did not take the order: " + cause.getMessage());
        } catch (TimeoutException e) {
            throw unknown();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Accepted await(CompletableFuture<Accepted> first) {
        try {
            return first.get(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof HttpProblem problem ? problem : new CompletionException(e.getCause());
        } catch (TimeoutException e) {
            throw unknown();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The producer's own count of its open connections: to look at it costs nothing, to ask Kafka a round trip. */
    private static Metric connectionCount(Producer<?, ?> producer) {
        return producer.metrics().values().stream()
                .filter(m -> m.metricName().name().equals("connection-count")
                        && m.metricName().group().equals("producer-metrics"))
                .findFirst()
                .orElseThrow();
    }

    private static HttpProblem unavailable(String detail) {
        return new HttpProblem(503, detail).with("Retry-After", "5");
    }

    private static HttpProblem unknown() {
        return new HttpProblem(
                504,
                "Kafka did not acknowledge the order in time: it may or may not be written. Send it again "
                        + "with the same Idempotency-Key, which is safe.");
    }

    private HttpServer listen() throws IOException {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 1024);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor()); // the default is one thread for all
            return server;
        } catch (BindException e) {
            throw new Failure(
                    Script.FAILED,
                    "Port " + port + " on " + host + " is in use or not to be had: stop what listens "
                            + "there, or give another --port (0 takes a free one).",
                    e);
        }
    }
}
