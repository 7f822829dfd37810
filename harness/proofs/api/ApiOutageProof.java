package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import lab.Api;
import lab.Api.Answer;
import lab.Kafka;
import lab.Lab;
import lab.fixtures.LabExtension;
import lab.fixtures.OwnBroker;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The API while Kafka is down, frozen or refuses: accepted is durable, and unknown is not failed (1, 2). */
@Order(2) // one after the other they take long
@Execution(ExecutionMode.SAME_THREAD) // they all break the same broker
class ApiOutageProof {
    private static final int CLIENTS = 16;

    @RegisterExtension
    static final LabExtension ON_ITS_OWN_BROKER = new LabExtension(folder -> new OwnBroker(folder));

    @Test
    void withoutABrokerItSaysThatNothingWasWrittenAndGoesOnOnceItIsBack(Lab lab, OwnBroker broker) {
        Api api = lab.api("--timeout-ms", "3000");
        assertThat(api.post(Api.order("c"), "Idempotency-Key", "before").status()).isEqualTo(201);

        broker.kill9();
        await("the API sees that the broker is gone")
                .atMost(Duration.ofSeconds(20))
                .until(() -> api.get("/health").status() == 503);
        Answer unavailable = api.post(Api.order("c"), "Idempotency-Key", "during");
        ApiProof.problem(unavailable, 503, "nothing was sent");
        assertThat(api.process().err()).doesNotContain("Exception");
        assertThat(unavailable.header("Retry-After")).isNotNull();

        broker.startAgain();
        await("orders are taken again").atMost(Duration.ofSeconds(20))
                .until(() -> api.post(Api.order("c"), "Idempotency-Key", "during").status() == 201);
        assertThat(lab.kafka().records(lab.events)).as("before and during, one record each").hasSize(2);
    }

    @Test
    void withoutAnAcknowledgementItSaysThatTheOutcomeIsUnknown(Lab lab, OwnBroker broker) throws Exception {
        Api api = lab.api("--timeout-ms", "3000", "--verbose"); // it logs what it receives
        assertThat(api.post(Api.order("c")).status()).isEqualTo(201);
        String named = Api.order("c").replace("{\"customer_id\"", "{\"order_id\":\"late\",\"customer_id\"");
        broker.freeze();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Answer> withoutKey = clients.submit(() -> api.post(named));
            Future<Answer> withKey = clients.submit(() -> api.post(Api.order("c"), "Idempotency-Key", "k"));
            await("both wait").atMost(Duration.ofSeconds(2)).until(() -> api.process().err().contains("order late")
                    && api.process().err().contains("idempotency key k"));
            ApiProof.problem(api.post(Api.order("d"), "Idempotency-Key", "k"), 422, "another order"); // at once
            assertThat(withKey.isDone()).isFalse();
            ApiProof.problem(withoutKey.get(), 504, "send it again with this order_id");
            ApiProof.problem(withKey.get(), 504, "same Idempotency-Key");
        } finally {
            broker.thaw();
        }
        await("it was written, and the API knows it").atMost(Duration.ofSeconds(20))
                .until(() -> api.get("/orders/late").status() == 200);
        await("the same key is taken again").atMost(Duration.ofSeconds(20))
                .until(() -> api.post(Api.order("c"), "Idempotency-Key", "k").status() == 201);
    }

    @Test
    void aKillOfTheBrokerUnderLoadLeavesOneRecordForEachKey(Lab lab, OwnBroker broker) throws Exception {
        Api api = lab.api("--timeout-ms", "1000");
        AtomicBoolean enough = new AtomicBoolean();
        Queue<Answer> created = new ConcurrentLinkedQueue<>();
        AtomicInteger refused = new AtomicInteger();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                String name = "client-" + client + "-";
                running.add(clients.submit(() -> {
                    for (int n = 0; !enough.get(); n++) {
                        created.add(untilCreated(api, name + n, refused));
                    }
                }));
            }
            await("orders are taken").atMost(Duration.ofSeconds(30)).until(() -> created.size() > 500);
            broker.kill9();
            await("clients get refusals").atMost(Duration.ofSeconds(30)).until(() -> refused.get() > 4 * CLIENTS);
            broker.startAgain();
            int before = created.size();
            await("orders are taken again").atMost(Duration.ofSeconds(60)).until(() -> created.size() > before + 500);
            enough.set(true);
            for (Future<?> client : running) {
                client.get();
            }
        }
        Map<String, ConsumerRecord<byte[], byte[]>> byPlace = new HashMap<>();
        lab.kafka().records(lab.events).forEach(
                record -> byPlace.put(record.partition() + "@" + record.offset(), record));
        assertThat(created).as("every 201 is in the topic, where it says").allSatisfy(answer -> assertThat(
                Kafka.text(byPlace.get(place(answer)).key())).isEqualTo(answer.orderId()));
        assertThat(byPlace.size()).as("and every key has one record, however often it was sent")
                .isEqualTo(created.size());
    }

    private static String place(Answer answer) {
        return answer.body().path("kafka_metadata").path("partition").asInt() + "@"
                + answer.body().path("kafka_metadata").path("offset").asLong();
    }

    /** As a client should: it repeats the request with the same key until it is answered 201. */
    private static Answer untilCreated(Api api, String key, AtomicInteger refused) {
        while (true) {
            Answer answer = api.post(Api.order("customer123"), "Idempotency-Key", key);
            if (answer.status() == 201) {
                return answer;
            }
            assertThat(answer.status()).as(answer.body().toString()).isIn(503, 504);
            refused.incrementAndGet();
        }
    }

    /** Its acknowledgement was lost, and the right to write is revoked before it is sent again. */
    @Test
    void anOrderThatIsRefusedOnARetryMayBeWritten(Lab lab, OwnBroker broker) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().addRule(Kafka.ruleForAll(lab.events, AclOperation.ALL, AclPermissionType.ALLOW));
        Api api = lab.api();
        assertThat(api.post(Api.order("c")).status()).isEqualTo(201);
        try (ExecutorService client = Executors.newSingleThreadExecutor()) {
            broker.freeze();
            Future<Answer> answer = client.submit(() -> api.post(Api.order("c"), "Idempotency-Key", "k"));
            await("it is to be sent again").atMost(Duration.ofSeconds(20))
                    .until(() -> api.process().err().contains("retrying ("));
            api.process().freeze();
            broker.thaw();
            await("it is written").atMost(Duration.ofSeconds(20))
                    .until(() -> lab.kafka().records(lab.events).size() == 2);
            lab.kafka().addRule(Kafka.ruleForAll(lab.events, AclOperation.WRITE, AclPermissionType.DENY));
            api.process().thaw();
            assertThat(answer.get().status()).as(answer.get().body().toString()).isEqualTo(504);
        } finally {
            api.process().thaw();
            broker.thaw();
        }
    }

    @Test
    void withAFrozenBrokerOrdersOverTheLimitAreRefusedAtOnce(Lab lab, OwnBroker broker) throws Exception {
        refusedAtOnce(lab, broker, "too-busy", "--max-in-flight", "20");
    }

    @Test
    void withAFrozenBrokerOrdersAreRefusedAtOnceWhenTheBufferIsFull(Lab lab, OwnBroker broker) throws Exception {
        refusedAtOnce(lab, broker, "kafka-unavailable", "--buffer-memory", "65536"); // room for four batches of 16 KiB
    }

    private static void refusedAtOnce(Lab lab, OwnBroker broker, String type, String... options) throws Exception {
        Api api = lab.api(Lab.with(options, "--timeout-ms", "20000"));
        assertThat(api.post(Api.order("c")).status()).isEqualTo(201);
        String large = Api.order("c").replace("}]", "}," + "{\"product_id\":\"p\",\"quantity\":1,\"price\":1},"
                .repeat(100) + "{\"product_id\":\"p\",\"quantity\":1,\"price\":1}]");
        CountDownLatch away = new CountDownLatch(20);
        try (ExecutorService clients = Executors.newFixedThreadPool(60)) {
            broker.freeze();
            List<Future<Answer>> answers = IntStream.range(0, 60).mapToObj(i -> clients.submit(() -> {
                Answer answer = api.post(large, "Idempotency-Key", "key-" + i);
                if (answer.status() == 503) {
                    assertThat(answer.body().path("type").asText()).isEqualTo("/problems/" + type);
                    assertThat(answer.header("Retry-After")).isNotNull();
                    away.countDown();
                }
                return answer;
            })).toList();
            await("refused while the others wait").atMost(Duration.ofSeconds(10))
                    .until(() -> away.getCount() == 0);
            broker.thaw();
            int created = 0;
            for (Future<Answer> answer : answers) {
                assertThat(answer.get().status()).isIn(201, 503);
                created += answer.get().status() == 201 ? 1 : 0;
            }
            assertThat(created).as("those that waited").isPositive();
        } finally {
            broker.thaw();
        }
    }

    @Test
    void aStopAnswersRequestsInFlightAndAcceptsNoMore(Lab lab, OwnBroker broker) throws Exception {
        Api api = lab.api("--verbose"); // it logs what comes in
        assertThat(api.post(Api.order("c")).status()).isEqualTo(201);
        try (ExecutorService clients = Executors.newFixedThreadPool(11)) {
            broker.freeze();
            List<Future<Answer>> inFlight = IntStream.range(0, 10)
                    .mapToObj(i -> clients.submit(() -> api.post(Api.order("c"), "Idempotency-Key", "key-" + i)))
                    .toList();
            await("they are in flight").atMost(Duration.ofSeconds(10))
                    .until(() -> api.process().err().split("received order").length > 11);
            Future<Integer> exit = clients.submit(api.process()::stop);
            await("it stops").atMost(Duration.ofSeconds(10))
                    .until(() -> api.process().err().contains("stopping"));
            broker.thaw();
            for (Future<Answer> answer : inFlight) {
                assertThat(answer.get().status()).isEqualTo(201);
            }
            assertThat(exit.get()).isEqualTo(143);
        } finally {
            broker.thaw();
        }
    }
}
