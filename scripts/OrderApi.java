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

import api.Answers;
import api.ApiDocs;
import api.DeliveryOptions;
import api.HttpBodies;
import api.HttpLimits;
import api.HttpRoutes;
import api.HttpRoutes.Answer;
import api.IdempotencyOptions;
import api.OrderProducer;
import api.OrderRequest;
import api.OrderView;
import api.Recent;
import api.Sent;
import api.Sent.Acknowledged;
import api.Sent.Refused;
import api.Sent.TooBusy;
import api.Sent.Unknown;
import cli.ExitCode;
import cli.Failure;
import cli.FreezePoint;
import cli.KafkaOptions;
import cli.LogFileOptions;
import cli.Script;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import messages.Json;
import orders.OrderTopics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
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
 *   <li>Look up the idempotency key: a second request with the same key gets the first one's answer, even if the first
 * is still in flight.
 *   <li>Send the order to Kafka, keyed by its {@code order_id}, so that all records of one order stay in sequence.
 *   <li>Wait for the acknowledgement of all in-sync replicas.
 *   <li>Answer what is known. 201: the order is written, at this partition and offset. 503: nothing was written. 504:
 *       the outcome is unknown. It is safe to repeat the request with the same key: it waits for the same record, which
 *       the producer keeps trying to write.
 * </ol>
 *
 * Keys are remembered in this process only. A retry that comes after a restart gets the same {@code order_id} (it is
 * made from the key), so that the consumer recognises it.
 */
@Command(name = "OrderApi", mixinStandardHelpOptions = true,
        description = "Takes orders over HTTP and writes them to Kafka.",
        footer = {"  ./jbang scripts/OrderApi.java",
                "  ./jbang scripts/OrderApi.java --port 8001 --require-key --timeout-ms 4000",
                "  ./jbang scripts/OrderApi.java --port 8001 --acks 0"})
public class OrderApi implements Callable<Integer> {
    private static final String DEFAULT_MAX_ORDERS = "100000";
    private static final int TAKE_ANSWER_SECONDS = 10; // for a client to read its answer
    private static final int GRACE_SECONDS = 2; // at the end, to send the last answers
    private static final int MAX_BLOCK_MS = 20;
    private static final long TEN_YEARS_MS = Duration.ofDays(3650).toMillis();

    @Option(names = "--max-orders", defaultValue = DEFAULT_MAX_ORDERS, paramLabel = "N",
            description = "How many of the latest orders GET /orders/{order_id} can find (default: ${DEFAULT-VALUE}).")
    private int maxOrders;

    @Mixin
    private HttpLimits http;

    @Mixin
    private DeliveryOptions delivery;

    @Mixin
    private IdempotencyOptions idempotency;

    @Mixin
    private OrderTopics topics;

    @Mixin
    private KafkaOptions kafka;

    @Mixin
    private LogFileOptions logging;

    private Logger log;
    private HttpBodies bodies;
    private Recent<Placed> byKey;
    private OrderProducer producer;
    private OrderView view;

    /**
     * What is remembered under a key.
     *
     * @param content see {@link OrderRequest#content}
     * @param sent    completes with what is known of the order
     */
    private record Placed(String content, CompletableFuture<Sent> sent) {
    }

    public static void main(String... args) {
        System.exit(Script.run(new OrderApi(), args));
    }

    @Override
    public Integer call() throws Exception {
        log = logging.open(OrderApi.class);
        if (maxOrders < 0) {
            throw new Failure(ExitCode.USAGE, "--max-orders has to be 0 or more.");
        }
        delivery.check(log);
        Properties settings = producerSettings();
        byKey = idempotency.memory(placed -> placed.sent.isDone());
        bodies = http.bodies();
        HttpServer server = http.bind(delivery.timeoutMs / 1000 + TAKE_ANSWER_SECONDS);
        try (Admin admin = kafka.connect("order-api", log)) {
            kafka.topics(admin).createMissing(topics.eventsTopic(), AclOperation.WRITE);
            try (var producer = new OrderProducer(settings, admin, delivery.maxInFlight, delivery.timeout());
                    var view = new OrderView(() -> kafka.client("order-api-view"), topics.events, topics.outcomes,
                            maxOrders)) {
                this.producer = producer;
                this.view = view;
                producer.awaitMetadata(topics.events);
                serve(server);
            }
        } catch (KafkaException e) {
            throw kafka.failure(e);
        }
        return ExitCode.OK.code();
    }

    private void serve(HttpServer server) throws InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        int grace = delivery.timeoutMs / 1000 + GRACE_SECONDS; // requests that wait get an answer, at worst 504
        HttpRoutes routes = routes();
        try (var shutdown = new Script.Shutdown(stop::countDown, Duration.ofSeconds(3 * grace))) {
            server.createContext("/", routes);
            server.start();
            System.out.println("Listening on " + http.address(server));
            stop.await();
            log.info("stopping: answering the requests in flight");
            routes.closeConnections();
            server.stop(grace);
            producer.close();
        }
    }

    private HttpRoutes routes() {
        return new HttpRoutes(log)
                .on("POST", "/orders", (exchange, none) -> placeOrder(exchange))
                .on("POST", "/orders/", (exchange, none) -> placeOrder(exchange))
                .on("GET", "/orders/*", (exchange, orderId) -> Answers.status(orderId, view))
                .on("GET", "/docs", (exchange, none) -> ApiDocs.page())
                .on("GET", "/docs/*", (exchange, file) -> ApiDocs.file(file))
                .on("GET", "/openapi.json", (exchange, none) -> ApiDocs.contract())
                .on("GET", "/problems/*", (exchange, name) -> Answers.problem(name))
                .on("GET", "/health", (exchange, none) ->
                        Answers.health(producer.reachable(), kafka.cluster().bootstrapServers()))
                .on("GET", "/", (exchange, none) -> Answers.hint());
    }

    private Answer placeOrder(HttpExchange exchange) throws IOException {
        OrderRequest request = OrderRequest.read(exchange, bodies, idempotency.required());             // 1
        String orderId = request.order().orderId();
        String key = request.key();
        log.debug("received order {} of customer {}, {}", orderId, request.order().customerId(),
                key == null ? "no idempotency key" : "idempotency key " + key);

        var record = new ProducerRecord<>(topics.events, orderId, Json.bytes(request.order()));
        Placed mine = new Placed(request.content(), new CompletableFuture<>());
        Placed placed = key == null ? mine : Objects.requireNonNullElse(byKey.putIfAbsent(key, mine), mine); // 2
        boolean duplicate = placed != mine;
        if (!duplicate) {
            send(record, key, placed);                                                                  // 3
        } else if (!placed.content.equals(mine.content)) {
            throw Answers.reusedKey();
        }
        return switch (producer.awaitAcknowledgement(placed.sent)) {                                    // 4
            case Acknowledged at -> {                                                                   // 5
                FreezePoint.ACKNOWLEDGED.reached();
                if (duplicate) {
                    log.info("order {} was already sent with the idempotency key {}: not sent again", orderId, key);
                } else if (at.offset() < 0) {
                    log.info("order {} sent to {}-{}; nobody acknowledged it", orderId, topics.events, at.partition());
                } else {
                    log.info("order {} acknowledged: {}-{}@{}", orderId, topics.events, at.partition(), at.offset());
                }
                yield Answers.created(orderId, topics.events, at, duplicate);
            }
            case Refused refused -> throw Answers.refused(refused.why());
            case TooBusy busy -> throw Answers.tooBusy();
            case Unknown unknown -> throw Answers.unknown(unknown.why(), orderId, key);
        };
    }

    /** Sends the order. All requests with its key get the result, whether or not one is still waiting. */
    private void send(ProducerRecord<String, byte[]> order, String key, Placed placed) {
        producer.send(order).thenAccept(sent -> {
            if (sent instanceof Acknowledged) {
                view.accepted(order.key());
            } else if (key != null) {
                byKey.remove(key, placed); // a retry of a failed order is sent again
            }
            placed.sent.complete(sent);
        });
    }

    private Properties producerSettings() {
        Properties settings = kafka.client("order-api");
        // with all, a 201 means that every in-sync replica has the order
        settings.put(ProducerConfig.ACKS_CONFIG, delivery.acks);
        // the producer's own retries add no record
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, delivery.idempotent());
        // with more, a batch that a later one overtook can be rejected for good (KAFKA-15591); and orders that come in
        // while one batch is in flight form the next batch, which is faster
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        // clients wait for the answer: with 1 ms, 32 clients send a third less
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        // waiting orders are bounded in bytes, too
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, delivery.bufferMemory);
        // when the buffer is full, answer 503 at once; no thread blocks
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MS);
        // keep the topic's metadata: to fetch it again after a pause takes longer than max.block.ms
        settings.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, TEN_YEARS_MS);
        // never give up: the order may be written nevertheless, and twice if its client repeats it
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
        // notice a lost response, and send the order again, while its client still waits
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, delivery.timeoutMs / 2);
        // idle connections stay open, so that no connection means that no broker is reachable
        settings.put(ProducerConfig.CONNECTIONS_MAX_IDLE_MS_CONFIG, -1);
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return settings;
    }
}
