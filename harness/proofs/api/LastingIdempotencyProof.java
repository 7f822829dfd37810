package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static proofs.api.ApiProof.problem;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import lab.Api;
import lab.Api.Answer;
import lab.Kafka;
import lab.Lab;
import lab.Ports;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A key and an order_id mean the same order after a restart, at another instance, and after retention (4, 9). */
@ExtendWith(LabExtension.class)
class LastingIdempotencyProof {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String A = Api.order("customer123");
    private static final String B = Api.order("customer456");

    @Test
    void afterARestartAKeyAndAnOrderIdStillMeanTheSameOrder(Lab lab) {
        Api before = lab.api();
        Answer byKey = before.post(A, "Idempotency-Key", "k");
        Answer byId = before.post(named("x", A));
        Answer byBoth = before.post(named("y", A), "Idempotency-Key", "own");
        lab.consumer(); // the first two are processed: their outcomes say what they are, the third has none
        lab.awaitCaughtUp();
        lab.stopAll();
        Api api = lab.api();
        Answer late = api.post(named("z", A), "Idempotency-Key", "late");
        api.process().kill9();

        Api after = lab.api();
        sameAnswer(after.post(A, "Idempotency-Key", "k"), byKey);
        sameAnswer(after.post(named("x", A)), byId);
        sameAnswer(after.post(named("y", A), "Idempotency-Key", "own"), byBoth);
        sameAnswer(after.post(named("z", A), "Idempotency-Key", "late"), late);
        problem(after.post(B, "Idempotency-Key", "k"), 422, "The idempotency key was used for another order");
        problem(after.post(named("x", B)), 422, "The order_id was used for another order");
        problem(after.post(named("other", A), "Idempotency-Key", "own"), 422, "The idempotency key was used");
        problem(after.post(named("other", A), "Idempotency-Key", "late"), 422, "The idempotency key was used");
        assertThat(lab.kafka().records(lab.events)).as("one record for each").hasSize(4);
        assertThat(after.get(byKey.header("Location")).body().path("status").asText()).isEqualTo("processed");
        assertThat(after.get("/orders/z").body().path("status").asText()).isEqualTo("accepted");
    }

    private static String named(String orderId, String order) {
        return order.replace("{\"customer_id\"", "{\"order_id\":\"" + orderId + "\",\"customer_id\"");
    }

    private static void sameAnswer(Answer again, Answer first) {
        assertThat(again.status()).as(again.body().toString()).isEqualTo(201);
        assertThat(again.body().path("duplicate").asBoolean()).isTrue();
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(again.orderId()).isEqualTo(first.orderId());
        assertThat(again.body().path("kafka_metadata")).isEqualTo(first.body().path("kafka_metadata"));
    }

    /** Whatever partition they are in, and whatever the outcomes are of that are read first. */
    @Test
    void afterARestartTheLatestOrdersOfAllPartitionsAreKnown(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        Api before = lab.api();
        IntStream.range(0, 90).forEach(i -> before.post(A, "Idempotency-Key", "key-" + i));
        lab.consumer();
        lab.awaitCaughtUp();
        lab.stopAll();
        Api after = lab.api("--max-orders", "45");
        assertThat(IntStream.range(75, 90).filter(i -> after.post(A, "Idempotency-Key", "key-" + i).body()
                .has("duplicate"))).as("the last fifteen: some of each partition").hasSize(15);
        assertThat(lab.kafka().records(lab.events)).hasSize(90);
    }

    /** They are acknowledged, and cannot be read yet. */
    @Test
    void ordersBehindAnOpenTransactionAreWaitedForAtTheStart(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        Api before = lab.api();
        try (var other = new KafkaProducer<>(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, lab.broker().bootstrap(),
                ProducerConfig.TRANSACTIONAL_ID_CONFIG, lab.group), new StringSerializer(), new StringSerializer())) {
            other.initTransactions();
            other.beginTransaction();
            other.send(new ProducerRecord<>(lab.events, "x", "not an order"));
            other.flush();
            Answer first = before.post(A, "Idempotency-Key", "k");
            URI uri = URI.create("http://127.0.0.1:" + Ports.free(1));
            Api after = new Api(uri, lab.start("OrderApi", "--bootstrap-server", lab.broker().bootstrap(), "--topic",
                    lab.events, "--outcomes-topic", lab.outcomes, "--port", String.valueOf(uri.getPort()),
                    "--timeout-ms", "1000"));
            await("it listens").atMost(SOON).ignoreExceptions().until(() -> after.get("/").status() == 200);
            problem(after.post(A, "Idempotency-Key", "k"), 503, "still being read");
            other.abortTransaction();
            await("it takes orders").atMost(SOON).until(() -> after.get("/health").status() == 200);
            sameAnswer(after.post(A, "Idempotency-Key", "k"), first);
        }
    }

    /** Its ledger may have outcomes of orders in another topic: these were never placed here. */
    @Test
    void anOrderOfAnotherTopicIsNotThisOne(Lab lab) {
        Answer first = lab.api().post(A, "Idempotency-Key", "k");
        lab.consumer();
        lab.awaitCaughtUp();
        String other = lab.events + "-other";
        Api api = lab.api(lab.start("OrderApi", "--bootstrap-server", lab.broker().bootstrap(), "--port", "0",
                "--topic", other, "--outcomes-topic", lab.outcomes));
        Answer placed = api.post(A, "Idempotency-Key", "k");
        assertThat(placed.body().has("duplicate")).isFalse();
        assertThat(placed.orderId()).isEqualTo(first.orderId());
        assertThat(lab.kafka().records(other)).hasSize(1);
    }

    /** The ledger remembers an order for longer than the topic keeps its record. */
    @Test
    void anOrderWhoseRecordIsGoneIsKnownByItsOutcome(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        Answer first = lab.api().post(A, "Idempotency-Key", "k");
        lab.consumer();
        lab.awaitCaughtUp();
        lab.stopAll();
        lab.kafka().deleteRecords(lab.events, 0, 1);
        Api after = lab.api();
        sameAnswer(after.post(A, "Idempotency-Key", "k"), first);
        problem(after.post(B, "Idempotency-Key", "k"), 422, "The idempotency key was used for another order");
    }

    @Test
    void twoInstancesKnowEachOthersOrders(Lab lab) {
        Api one = lab.api();
        Api other = lab.api();
        Answer first = one.post(A, "Idempotency-Key", "k");
        await("the other instance knows it").atMost(SOON)
                .until(() -> other.get(first.header("Location")).status() == 200);
        sameAnswer(other.post(A, "Idempotency-Key", "k"), first);
        problem(other.post(B, "Idempotency-Key", "k"), 422, "The idempotency key was used for another order");
        lab.consumer();
        await("and its outcome").atMost(SOON).until(() ->
                other.get(first.header("Location")).body().path("status").asText().equals("processed"));
        assertThat(lab.kafka().records(lab.events)).hasSize(1);
    }

    @Test
    void whatTwoInstancesAcceptAtTheSameMomentHasOneOutcome(Lab lab) throws Exception {
        List<Api> instances = List.of(lab.api(), lab.api());
        List<Future<Answer>> answers = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                String key = "key-" + i;
                instances.forEach(api -> answers.add(clients.submit(() -> api.post(A, "Idempotency-Key", key))));
            }
        }
        for (Future<Answer> answer : answers) {
            assertThat(answer.get().status()).isEqualTo(201);
        }
        int records = lab.kafka().records(lab.events).size();
        assertThat(records).as("some were accepted by both, or this proves nothing").isGreaterThan(200);
        lab.consumer();
        lab.awaitCaughtUp();
        assertThat(lab.outcomeCounts()).hasSize(200).containsValue(1);
        assertThat(new HashSet<>(lab.outcomeCounts().values())).containsExactly(1);
        assertThat(lab.deadLetters()).as("none is a conflict").isEmpty();
    }

    /** A dead letter that is replayed is accepted again: its old outcome is not that of its new record. */
    @Test
    void anOutcomeThatIsOlderThanTheLastRecordIsNotShown(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        Api api = lab.api();
        Answer failing = api.post(named("f", Api.order("customerf")));
        Answer good = api.post(named("g", A));
        Running consumer = lab.consumer();
        for (String location : List.of(failing.header("Location"), good.header("Location"))) {
            await("its outcome").atMost(SOON).until(() -> api.get(location).body().has("attempts"));
        }
        consumer.stop();
        lab.kafka().records(lab.events).forEach(record -> lab.kafka().send(lab.events, Kafka.text(record.key()),
                Kafka.text(record.value())));
        await("the new record of the dead-lettered order is seen").atMost(SOON).until(() ->
                api.get(failing.header("Location")).body().path("status").asText().equals("accepted"));
        assertThat(api.get(good.header("Location")).body().path("status").asText())
                .as("the second record of a processed order is a duplicate").isEqualTo("processed");
        Api after = lab.api();
        assertThat(after.get(failing.header("Location")).body().path("status").asText()).isEqualTo("accepted");
        assertThat(after.get(good.header("Location")).body().path("status").asText()).isEqualTo("processed");
        lab.consumer();
        for (Api each : List.of(api, after)) {
            await("its new outcome").atMost(SOON).until(() ->
                    each.get(failing.header("Location")).body().path("source").path("offset").asLong() == 2);
        }
    }

    @Test
    void aRestartUnderLoadAnswersEachKeyByWhatIsTrue(Lab lab) throws Exception {
        int keys = 2_000;
        Api first = lab.api();
        Map<String, Answer> answers = new ConcurrentHashMap<>();
        try (ExecutorService clients = Executors.newFixedThreadPool(16)) {
            List<Future<?>> posts = new ArrayList<>();
            IntStream.range(0, keys).forEach(i -> posts.add(clients.submit(() -> {
                try {
                    answers.put("key-" + i, first.post(A, "Idempotency-Key", "key-" + i));
                } catch (RuntimeException e) {
                    // it was killed: the outcome is unknown
                }
            })));
            await("half of them are placed").atMost(SOON).until(() -> answers.size() > keys / 2);
            first.process().kill9();
            for (Future<?> post : posts) {
                post.get();
            }
        }
        Api second = lab.api();
        lab.consumer();
        for (int i = 0; i < keys; i++) {
            Answer again = second.post(A, "Idempotency-Key", "key-" + i);
            assertThat(again.status()).isEqualTo(201);
            Answer before = answers.get("key-" + i);
            if (before != null && before.status() == 201) {
                sameAnswer(again, before);
            }
        }
        assertThat(lab.kafka().records(lab.events)).as("one record for each key").hasSize(keys);
        lab.awaitCaughtUp();
        assertThat(new HashSet<>(lab.outcomeCounts().values())).containsExactly(1);
    }
}
