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
//SOURCES sender/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import cli.ExitCode;
import cli.Failure;
import cli.KafkaOptions;
import cli.LogOptions;
import cli.ProgressBar;
import cli.Script;
import cli.SendingOptions;
import cluster.GroupProgress;
import cluster.TopicReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Callable;
import messages.Json;
import orders.DuplicateCheck;
import orders.Order;
import orders.OrderTopics;
import orders.OutcomeCounts;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
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
import sender.Copies;
import sender.OrderClient;

/**
 * A client that gets no answer sends its order again. How many orders does it end up with?
 *
 * <ol>
 *   <li>Send N orders M times each, many at once. Over HTTP, all copies of an order have one idempotency key, and a
 *       request without an answer is repeated with that key. With {@code --via topic}, the copies go straight to the
 *       topic, with one {@code order_id}.
 *   <li>Wait until the group has committed all that was sent: after that, no further outcome can come.
 *   <li>Read the outcomes of the group and count the outcomes of each order: exactly one, or the check fails.
 * </ol>
 *
 * With {@code --copies 1} it is a load generator that checks its work.
 */
@Command(name = "DuplicateSender", mixinStandardHelpOptions = true,
        description = "Sends duplicates and checks that every order had exactly one outcome.",
        footer = {"  ./jbang scripts/DuplicateSender.java --orders 20 --copies 3",
                "  ./jbang scripts/DuplicateSender.java --orders 1000 --copies 1 --via topic",
                "  ./jbang scripts/DuplicateSender.java --orders 1 --customer customerf"})
public class DuplicateSender implements Callable<Integer> {
    private static final String DEFAULT_ORDERS = "100";
    private static final String DEFAULT_COPIES = "3";
    private static final String DEFAULT_CUSTOMER = "customer123";
    private static final long MOST_REQUESTS = 1_000_000; // what is remembered of each takes some 200 bytes
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final Order.Item ITEM = new Order.Item("product456", 1, new BigDecimal("59.98"));

    @Option(names = "--orders", defaultValue = DEFAULT_ORDERS, paramLabel = "N",
            description = "How many orders (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(names = "--copies", defaultValue = DEFAULT_COPIES, paramLabel = "M",
            description = "How often to send each (default: ${DEFAULT-VALUE}).")
    private int copies;

    @Option(names = "--customer", defaultValue = DEFAULT_CUSTOMER, paramLabel = "ID",
            description = "The customer_id of the orders; if it ends in f they fail, if in r they are retried "
                    + "(default: ${DEFAULT-VALUE}).")
    private String customer;

    @Option(names = "--run-id", paramLabel = "ID", description = "Prefix of order ids and keys: a second run with "
            + "the same ID sends the same orders again (default: random).")
    private String runId = UUID.randomUUID().toString().substring(0, 8);

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Mixin
    private SendingOptions sending;

    @Mixin
    private OrderTopics topics;

    @Mixin
    private KafkaOptions kafka;

    @Mixin
    private LogOptions logging;

    private int httpRetries;

    public static void main(String... args) {
        System.exit(Script.run(new DuplicateSender(), args));
    }

    @Override
    public Integer call() throws Exception {
        Logger log = logging.open(DuplicateSender.class, null);
        if (count < 1 || copies < 1) {
            throw new Failure(ExitCode.USAGE, "--orders and --copies have to be 1 or more.");
        }
        if ((long) count * copies > MOST_REQUESTS) {
            throw new Failure(ExitCode.USAGE, "--orders " + count + " --copies " + copies + " are too many requests: "
                    + MOST_REQUESTS + " at most.");
        }
        sending.check();
        try (Admin admin = kafka.connect("duplicate-sender", log);
                TopicReader reader = new TopicReader(kafka.client("duplicate-sender-reader"))) {
            kafka.topics(admin).createMissing(topics.eventsTopic(), sending.via == SendingOptions.Via.topic
                    ? new AclOperation[] {AclOperation.READ, AclOperation.WRITE}
                    : new AclOperation[] {AclOperation.READ});
            GroupProgress before = progress(admin, reader);
            long committedBefore = before.committed();
            Instant start = Instant.now();
            Copies.Sent sent = send();                                                          // 1
            Duration took = Duration.between(start, Instant.now());
            GroupProgress progress = progress(admin, reader);
            awaitCommitted(progress, committedBefore, reader);                                  // 2
            OutcomeCounts outcomes = new OutcomeCounts(sent.orderIds());
            reader.readAll(reader.partitions(topics.outcomes), () -> false, outcomes::add);     // 3
            DuplicateCheck check = check(sent, took, progress.total() - before.total(), outcomes);
            System.out.println(json ? new String(Json.bytes(check), StandardCharsets.UTF_8)
                    : check.text(sending.via == SendingOptions.Via.http, topics.events));
            if (!check.held()) {
                throw new Failure("Not every order had exactly one outcome.");
            }
            return ExitCode.OK.code();
        } catch (KafkaException e) {
            throw kafka.failure(e);
        }
    }

    // --- 1: send --------------------------------------------------------------------------------------------------

    private Copies.Sent send() throws Exception {
        return switch (sending.via) {
            case http -> {
                byte[] order = Json.bytes(Map.of("customer_id", customer, "items", List.of(ITEM), "total_amount",
                        ITEM.price()));
                try (OrderClient api = new OrderClient(sending)) {
                    Copies.Sent sent = sendAll(number -> api.send(name(number), order)); // one key for all its copies
                    httpRetries = api.retries();
                    yield sent;
                }
            }
            case topic -> {
                try (Producer<String, byte[]> producer = new KafkaProducer<>(producerSettings())) {
                    yield sendAll(number -> produce(producer, number));
                }
            }
        };
    }

    private Copies.Sent sendAll(Copies.Way way) throws Exception {
        return Copies.send(count, copies, sending.concurrency, way);
    }

    private String produce(Producer<String, byte[]> producer, int number) throws Exception {
        Order order = new Order(name(number), customer, List.of(ITEM), ITEM.price(), Instant.now().toString(), null);
        producer.send(new ProducerRecord<>(topics.events, order.orderId(), Json.bytes(order))).get();
        return order.orderId();
    }

    private String name(int number) {
        return runId + "-" + number;
    }

    // --- 2: wait --------------------------------------------------------------------------------------------------

    private GroupProgress progress(Admin admin, TopicReader reader) {
        return new GroupProgress(kafka.cluster(), admin, topics.group, reader.ends(reader.partitions(topics.events)));
    }

    private void awaitCommitted(GroupProgress progress, long before, TopicReader reader) throws InterruptedException {
        Instant deadline = Instant.now().plusMillis(sending.timeoutMs);
        try (ProgressBar bar = new ProgressBar("committed", progress.total() - before)) {
            while (true) {
                long committed = progress.committed();
                bar.at(committed - before);
                if (progress.isComplete(reader)) {
                    bar.at(progress.total() - before);
                    return;
                }
                if (Instant.now().isAfter(deadline)) {
                    throw new Failure("The group " + topics.group + " has not committed "
                            + (progress.total() - committed) + " of " + progress.total() + " records after "
                            + sending.timeoutMs + " ms: is a consumer of this group running?");
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    // --- 3: count -------------------------------------------------------------------------------------------------

    private DuplicateCheck check(Copies.Sent sent, Duration took, long recordsAdded, OutcomeCounts outcomes) {
        return DuplicateCheck.of(runId, count, copies, recordsAdded, outcomes, httpRetries, sent.nanos(),
                took.toMillis());
    }

    private Properties producerSettings() {
        Properties settings = kafka.client("duplicate-sender-producer");
        // a lost record would look like a lost outcome
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        // with more, a batch that a later one overtook can be rejected for good (KAFKA-15591)
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return settings;
    }
}
