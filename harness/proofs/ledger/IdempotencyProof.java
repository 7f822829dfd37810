package proofs.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import lab.Api;
import lab.Api.Answer;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One outcome for one order, over retries, redelivery and restarts (invariants 4 and 9). */
@ExtendWith(LabExtension.class)
class IdempotencyProof {

    // --- the API's layer ------------------------------------------------------------------------------------------

    @Test
    void requestsWithOneKeyAreOneOrder(Lab lab) throws Exception {
        Api api = lab.api();
        Answer first = api.post(Api.order("customer123"), "Idempotency-Key", "\"a-key\"");
        Answer second = api.post(Api.order("customer123"), "X-Idempotency-Key", "a-key");
        assertThat(first.status()).isEqualTo(201);
        assertThat(first.body().has("duplicate")).isFalse();
        assertThat(second.status()).isEqualTo(201);
        assertThat(second.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(second.body().path("duplicate").asBoolean()).isTrue();
        assertThat(second.body().path("kafka_metadata")).isEqualTo(first.body().path("kafka_metadata"));
        assertThat(second.orderId()).isEqualTo(first.orderId());

        Answer other = api.post(Api.order("customer456"), "Idempotency-Key", "a-key");
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(lab.kafka().records(lab.events)).hasSize(1);

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) { // in flight they share one send
            Callable<Answer> post = () -> api.post(Api.order("customer123"), "Idempotency-Key", "shared");
            List<Answer> answers = threads.invokeAll(Collections.nCopies(50, post)).stream()
                    .map(Future::resultNow).toList();
            assertThat(answers.stream().map(answer -> answer.body().path("kafka_metadata")).distinct()).hasSize(1);
            assertThat(answers.stream().filter(answer -> answer.body().has("duplicate"))).hasSize(49);
        }
        assertThat(lab.kafka().records(lab.events)).hasSize(2);
    }

    /** The last ones, whether or not they were requested before: that is what the reference says. */
    @Test
    void onlyTheLastOrdersAreKnown(Lab lab) {
        Api api = lab.api("--max-orders", "100");
        List<Answer> created = IntStream.range(0, 300)
                .mapToObj(i -> api.post(Api.order("customer123"), "Idempotency-Key", "key-" + i)).toList();
        assertThat(IntStream.range(200, 300).filter(i -> api.get(created.get(i).header("Location")).status() == 200))
                .as("known orders").hasSize(100);
        assertThat(IntStream.range(0, 200).filter(i -> api.get(created.get(i).header("Location")).status() == 200))
                .as("other orders").isEmpty();
        assertThat(IntStream.range(200, 300).filter(i -> replayed(api, i))).as("known keys").hasSize(100);
        assertThat(replayed(api, 199)).as("another key").isFalse();
    }

    private static boolean replayed(Api api, int key) {
        return api.post(Api.order("customer123"), "Idempotency-Key", "key-" + key).body().has("duplicate");
    }

    // --- the consumer's layer -------------------------------------------------------------------------------------

    @Test
    void otherContentIsAConflictAndDoesNotReplaceTheOutcomeInTheLedger(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().send(record(lab, "order-0", "59.98"));
        lab.kafka().send(record(lab, "order-0", "1.00"));
        Running consumer = lab.consumer("--instance-id", "a");
        lab.awaitCaughtUp();
        oneOutcomeAndOneConflict(lab);

        consumer.kill9();
        lab.kafka().send(record(lab, "order-0", "59.980"));
        lab.consumer("--instance-id", "a");
        lab.awaitCaughtUp();
        oneOutcomeAndOneConflict(lab);
    }

    private static void oneOutcomeAndOneConflict(Lab lab) {
        assertThat(lab.outcomeCounts()).isEqualTo(Map.of("order-0", 1));
        assertThat(lab.deadLetters()).singleElement().satisfies(letter ->
                assertThat(Kafka.header(letter, "__dlq.errors.exception")).endsWith("IdempotencyConflict"));
    }

    @Test
    void withDedupMemoryOrdersAreRepeatedAfterARestart(Lab lab) {
        String[] options = {"--dedup", "memory", "--instance-id", "a"};
        lab.sendOrders(0, 20);
        lab.sendOrders(0, 20);
        Running consumer = lab.consumer(options);
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 20L));
        consumer.kill9();
        lab.sendOrders(0, 20);
        lab.consumer(options);
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).as("once before the restart, once after").isEqualTo(Map.of(2, 20L));
    }

    private static ProducerRecord<byte[], byte[]> record(Lab lab, String orderId, String total) {
        return new ProducerRecord<>(
                lab.events, Kafka.bytes(orderId), Kafka.bytes(Api.record(orderId, "customer123", total)));
    }

    // --- DuplicateSender ------------------------------------------------------------------------------------------

    @Test
    void duplicateSenderFailsIfOrdersAreDoneTwice(Lab lab) {
        lab.consumer("--dedup", "none");
        Ended sender = lab.sendDuplicates("--orders", "10", "--via", "topic", "--json");
        assertThat(sender.exitCode()).isEqualTo(1);
        assertThat(Kafka.json(Kafka.bytes(sender.out())).path("several_outcomes").asInt()).isEqualTo(10);
    }

    @Test
    void duplicateSenderSeesOneOutcomeEachOverHttpAndStraightToTheTopic(Lab lab) {
        Api api = lab.api();
        lab.consumer();
        assertThat(lab.sendDuplicates("--orders", "30", "--copies", "4", "--api", api.uri().toString()).out())
                .contains("0 HTTP retries", "120 requests added 30 records to " + lab.events,
                        "30 orders: 30 with exactly one outcome, 0 with none, 0 with several");
        assertThat(lab.sendDuplicates("--orders", "30", "--via", "topic").out())
                .contains("90 requests added 90 records to " + lab.events,
                        "30 orders: 30 with exactly one outcome, 0 with none, 0 with several").doesNotContain("HTTP");
        Running withBars = lab.start(Map.of("CLICOLOR_FORCE", "1"), "DuplicateSender", "--orders", "5", "--via",
                "topic", "--bootstrap-server", lab.broker().bootstrap(), "--topic", lab.events, "--outcomes-topic",
                lab.outcomes, "--group", lab.group);
        assertThat(withBars.ended(Duration.ofSeconds(60)).err()).as("the bars count this run's records only")
                .contains("sending [", "] 15/15", "committed [##############################] 15/15");
    }
}
