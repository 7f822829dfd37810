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
//SOURCES http/package-info.java
//SOURCES messages/package-info.java
//SOURCES orders/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:+ExitOnOutOfMemoryError -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS
//FILES openapi.json=api/openapi.json

import api.Answers;
import api.ApiDocs;
import api.Claim;
import api.Claim.New;
import api.Claim.Placed;
import api.Claim.Taken;
import api.DeliveryOptions;
import api.IdempotencyOptions;
import api.KnownOrders;
import api.OrderProducer;
import api.OrderRequest;
import api.OrderView;
import api.ProducerSettings;
import api.Sent;
import api.Sent.Acknowledged;
import api.Sent.Refused;
import api.Sent.Unknown;
import cli.ExitCode;
import cli.FreezePoint;
import cli.KafkaOptions;
import cli.LogFileOptions;
import cli.Script;
import cluster.TopicAdmin;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import http.HttpAccess;
import http.HttpBodies;
import http.HttpLimits;
import http.HttpRoutes;
import http.HttpRoutes.Answer;
import java.io.IOException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import messages.Json;
import orders.OrderTopics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * When may a client believe that its order is safe, and what may it do when no answer comes?
 *
 * <ol>
 *   <li>Read and check the order; every wrong field is named.
 *   <li>Look the order up, by its idempotency key and {@code order_id}: a second request gets the first one's answer,
 *       even if the first is still in flight, came to another instance, or came before a restart.
 *   <li>Send the order to Kafka, keyed by its {@code order_id}, so that all records of one order stay in sequence.
 *   <li>Wait for the acknowledgement of all in-sync replicas.
 *   <li>Answer what is known. 201: the order is written, at this partition and offset. 503: nothing was written. 504:
 *       the outcome is unknown. It is safe to repeat the request with the same key: it waits for the same record, which
 *       the producer keeps trying to write.
 * </ol>
 *
 * When it starts it reads back from Kafka what was placed before, and it goes on reading what other instances write.
 * An order that two of them accept at the same moment is written twice, with the same {@code order_id}; the consumer
 * recognises the second record.
 */
@Command(name = "OrderApi", mixinStandardHelpOptions = true,
        description = "Takes orders over HTTP and writes them to Kafka.",
        footer = {"  ./jbang scripts/OrderApi.java",
                "  ./jbang scripts/OrderApi.java --port 8001 --require-key --timeout-ms 4000",
                "  ./jbang scripts/OrderApi.java --port 8001 --acks 0"})
public class OrderApi implements Callable<Integer> {
    private static final Duration TO_TAKE_THE_ANSWER = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final Duration GRACE = Duration.ofSeconds(2); // at the end, to send the last answers

    @Mixin
    private HttpLimits http;

    @Mixin
    private HttpAccess access;

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

    private final CountDownLatch started = new CountDownLatch(1);
    private final CountDownLatch stop = new CountDownLatch(1);
    private Logger log;
    private HttpBodies bodies;
    private KnownOrders orders;
    private volatile boolean away; // at the start: Kafka did not answer
    private boolean announced; // that it listens
    private volatile OrderProducer producer;
    private volatile OrderView view;

    public static void main(String... args) {
        System.exit(Script.run(new OrderApi(), args));
    }

    @Override
    public Integer call() throws Exception {
        log = logging.open(OrderApi.class);
        delivery.check(log);
        access.check(http.host(), log);
        Properties settings = ProducerSettings.of(kafka.client("order-api"), delivery);
        orders = idempotency.knownOrders();
        bodies = http.bodies();
        Duration longest = delivery.timeout().plus(GRACE); // requests that wait get an answer, at worst 504
        HttpServer server = http.bind(longest.multipliedBy(2).plus(TO_TAKE_THE_ANSWER), access);
        HttpRoutes routes = routes();
        server.createContext("/", routes);
        try (var shutdown = new Script.Shutdown(stop::countDown, longest.multipliedBy(3));
                AutoCloseable atLast = () -> server.stop(0)) {
            server.start(); // it answers at once, if only that Kafka cannot be reached
            try (Admin admin = kafka.connect("order-api", () -> sayThatKafkaIsAway(server), log)) {
                away = false;
                prepareTopic(kafka.topics(admin));
                try (var producer = new OrderProducer(settings, admin, delivery.maxInFlight, delivery.timeout());
                        var view = new OrderView(orders, () -> kafka.client("order-api-view"), topics.events,
                                topics.outcomes)) {
                    this.producer = producer;
                    this.view = view;
                    producer.awaitMetadata(topics.events);
                    view.awaitCaughtUp(this::isStopping);
                    if (!isStopping()) { // else not all orders were read: requests that wait get 503
                        started.countDown();
                        sayThatItListens(server);
                    }
                    stop.await();
                    log.info("stopping: answering the requests in flight");
                    routes.closeConnections();
                    server.stop((int) longest.toSeconds());
                }
            }
        } catch (KafkaException e) {
            throw kafka.failure(e);
        }
        return ExitCode.OK.code();
    }

    private boolean isStopping() {
        return stop.getCount() == 0;
    }

    private void sayThatKafkaIsAway(HttpServer server) {
        away = true;
        sayThatItListens(server);
    }

    private void sayThatItListens(HttpServer server) {
        if (!announced) {
            announced = true;
            System.out.println("Listening on " + http.address(server));
        }
    }

    private void prepareTopic(TopicAdmin admin) {
        admin.createMissing(topics.eventsTopic(), AclOperation.WRITE);
        delivery.checkTopic(topics.events, admin, log);
    }

    private HttpRoutes routes() {
        HttpRoutes.Route place = access.withToken((exchange, none) -> placeOrder(exchange));
        return new HttpRoutes(access::admit, log)
                .on("POST", "/orders", place)
                .on("POST", "/orders/", place)
                .on("GET", "/orders/*", access.withToken(this::status))
                .on("GET", "/docs", (exchange, none) -> ApiDocs.page())
                .on("GET", "/docs/*", ApiDocs::file)
                .on("GET", "/openapi.json", (exchange, none) -> ApiDocs.contract(exchange))
                .on("GET", "/problems/*", (exchange, name) -> Answers.problem(name))
                .on("GET", "/health", (exchange, none) -> health())
                .on("GET", "/", (exchange, none) -> Answers.hint());
    }

    // --- placing an order -----------------------------------------------------------------------------------------

    private Answer placeOrder(HttpExchange exchange) throws IOException {
        OrderRequest request = OrderRequest.read(exchange, bodies, idempotency.required());             // 1
        String orderId = request.order().orderId();
        String key = request.key();
        String id = HttpRoutes.id(exchange);
        log.debug("received order {} of customer {}, {}", orderId, request.order().customerId(),
                key == null ? "no idempotency key" : "idempotency key " + key);
        awaitStart();

        Claim claim = orders.claim(request.identity());                                                 // 2
        var sent = switch (claim) {
            case New mine -> send(request, id, mine);                                                   // 3
            case Placed before -> before.sent();
            case Taken taken -> throw Answers.taken(taken);
        };
        return switch (producer.awaitAcknowledgement(sent)) {                                           // 4
            case Acknowledged at -> {                                                                   // 5
                FreezePoint.ACKNOWLEDGED.reached();
                boolean duplicate = claim instanceof Placed;
                if (duplicate) {
                    log.info("order {} was already sent: not sent again (request {})", orderId, id);
                } else if (at.offset() < 0) {
                    log.info("order {} sent to {}-{}; nobody acknowledged it (request {})", orderId, topics.events,
                            at.partition(), id);
                } else {
                    log.info("order {} acknowledged: {}-{}@{} (request {})", orderId, topics.events, at.partition(),
                            at.offset(), id);
                }
                yield Answers.created(orderId, topics.events, at, duplicate);
            }
            case Refused refused -> throw Answers.refused(refused);
            case Unknown unknown -> throw Answers.unknown(unknown.why(), orderId, key);
        };
    }

    /** Sends the order. All requests for it get the result, whether or not one is still waiting. */
    private CompletableFuture<Sent> send(OrderRequest request, String requestId, New mine) {
        var order = new ProducerRecord<>(topics.events, request.order().orderId(), Json.bytes(request.order()));
        request.trace(requestId).forEach((name, value) -> order.headers().add(name, value));
        producer.send(order).thenAccept(sent -> {
            orders.settle(request.identity(), sent); // a retry of an order that was refused is sent again
            mine.sent().complete(sent);
        });
        return mine.sent();
    }

    /** Waits until all earlier orders are read: before that, an answer could be wrong. */
    private void awaitStart() {
        long deadline = System.nanoTime() + delivery.timeout().toNanos();
        try {
            while (!started.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                if (away || isStopping() || System.nanoTime() - deadline > 0) {
                    throw Answers.starting(away ? "Kafka was not reached yet, and nothing was sent."
                            : "Nothing was sent: the orders that were placed before are still being read.");
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    // --- looking at orders ----------------------------------------------------------------------------------------

    /** At once, or with {@code ?wait=SECONDS} as soon as the order has an outcome. */
    private Answer status(HttpExchange exchange, String orderId) {
        Duration wait = Answers.wait(exchange.getRequestURI().getQuery(), delivery.timeout());
        awaitStart();
        try {
            return Answers.status(orderId, topics.events, orders.await(orderId, wait), orders.most());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Answer health() {
        return Answers.health(producer != null && producer.reachable(), producer == null ? null : producer.failure(),
                cannotRead(), kafka.cluster().bootstrapServers());
    }

    /** Why orders cannot be looked up; null if they can. */
    private String cannotRead() {
        String failure = view == null ? null : view.failure();
        return failure != null || started.getCount() == 0 ? failure : "reading what was placed before";
    }
}
