package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lab.Api;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What does SmallestConsumer get wrong? It and OrderConsumer get the same orders and the same faults: it does orders
 * twice, stops for good, or hangs, and OrderConsumer does not (invariants 3, 4, 5 and 8). What it promises is proven,
 * too: it loses no order, and a stop repeats none.
 */
@ExtendWith(LabExtension.class)
class SmallestConsumerProof {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void aKillBeforeItsCommitMakesItDoOrdersTwice(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        List<String> orders = IntStream.range(0, 5).mapToObj(i -> "order-" + i).toList();
        send(lab, 0, orders, "customer123");
        send(lab, 0, List.of("hangs"), "customer-h"); // in the same batch, which therefore is never committed
        String[] careful = {"--instance-id", "a", "--handler-timeout", "300", "--max-attempts", "1"};

        Running frozen = lab.frozenConsumer("written", careful);
        Running first = smallest(lab, "--work-ms", "0");
        await(() -> counts(lab).equals(each(orders, 1)), "it has sent the outcomes");
        assertThat(lab.kafka().committed(group(lab), lab.events)).as("offsets before the kill").isEmpty();
        first.kill9();
        frozen.kill9();

        Running second = smallest(lab, "--work-ms", "0");
        lab.consumer(careful);
        await(() -> counts(lab).equals(each(orders, 2)), "it does the same orders again");
        lab.awaitCaughtUp();
        assertThat(lab.outcomeCounts()).as("outcomes of OrderConsumer")
                .isEqualTo(each(Stream.concat(orders.stream(), Stream.of("hangs")).toList(), 1));
        second.kill9();
    }

    @Test
    void aRecordThatIsNotJsonStopsItForGood(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        send(lab, 0, List.of("before"), "customer123");
        lab.kafka().send(new ProducerRecord<>(lab.events, 0, Kafka.bytes("poison"), Kafka.bytes("not json")));
        send(lab, 0, List.of("after"), "customer123");

        for (int start = 1; start <= 2; start++) {
            Running smallest = smallest(lab, "--work-ms", "0");
            assertThat(smallest.awaitExit(PATIENCE)).as(smallest.tail()).isEqualTo(1);
            assertThat(smallest.err()).isEqualTo("SmallestConsumer: " + lab.events
                    + "-0@1 cannot be processed (JsonParseException), and every restart will stop at it again.\n");
            assertThat(counts(lab)).as("after start " + start).isEqualTo(Map.of("before", start));
        }

        lab.consumer();
        lab.awaitCaughtUp();
        assertThat(lab.outcomeCounts()).isEqualTo(Map.of("before", 1, "after", 1));
        assertThat(lab.deadLetters()).hasSize(1);
    }

    @Test
    void anOrderThatHangsHoldsUpAllOthers(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        send(lab, 0, List.of("first"), "customer123");
        send(lab, 0, List.of("hangs"), "customer-h");
        Running smallest = smallest(lab, "--work-ms", "0");
        lab.consumer();
        await(() -> counts(lab).containsKey("first"), "the next order is the one that hangs");

        List<String> others = IntStream.range(0, 50).mapToObj(i -> "order-" + i).toList();
        send(lab, 1, others.subList(0, 25), "customer123");
        send(lab, 2, others.subList(25, 50), "customer123");
        await(() -> lab.outcomeCounts().keySet().containsAll(others), "OrderConsumer does the orders behind it");
        assertThat(counts(lab)).as("outcomes of the smallest").isEqualTo(Map.of("first", 1));

        assertThat(smallest.stop()).as("the stop does not wait forever").isEqualTo(143);
    }

    // --- what holds -----------------------------------------------------------------------------------------------

    @Test
    void aStopFinishesTheBatchAndTheNextConsumerGoesOnAfterIt(Lab lab) {
        Running first = smallest(lab, "--work-ms", "50");
        await(() -> lab.kafka().partitions(outcomesTopic(lab)) == 3 && lab.kafka().partitions(lab.events) == 3,
                "it creates its topics");
        lab.sendOrders(0, 200);
        await(() -> !counts(lab).isEmpty(), "it works");
        assertThat(first.stop()).as(first.tail()).isEqualTo(143);
        long done = lab.kafka().committed(group(lab), lab.events).values().stream().mapToLong(Long::longValue).sum();
        assertThat(counts(lab)).as("committed is what is done").hasSize((int) done).hasSizeLessThan(200);

        smallest(lab, "--work-ms", "0");
        await(() -> lab.kafka().caughtUp(group(lab), lab.events), "the next one commits all");
        assertThat(counts(lab)).hasSize(200).allSatisfy((order, count) -> assertThat(count).isEqualTo(1));
        JsonNode outcome = lab.kafka().jsonByKey(outcomesTopic(lab)).get("order-7").getFirst();
        assertThat(outcome.path("order_id").asText()).isEqualTo("order-7");
        assertThat(outcome.path("status").asText()).isEqualTo("processed");
        assertThat(outcome.path("group").asText()).isEqualTo(group(lab));
        assertThat(outcome.path("source").path("topic").asText()).isEqualTo(lab.events);
    }

    @Test
    void anOutcomeThatKafkaRefusesIsNotCommitted(Lab lab) {
        lab.sendOrders(0, 5);
        lab.kafka().createTopic(outcomesTopic(lab), 3, Map.of("max.message.bytes", "50"));
        Running smallest = smallest(lab, "--work-ms", "0");
        assertThat(smallest.awaitExit(PATIENCE)).as(smallest.tail()).isEqualTo(1);
        assertThat(smallest.err()).hasLineCount(1).contains("larger than the max message size");
        assertThat(lab.kafka().committed(group(lab), lab.events)).isEmpty();
    }

    @Test
    void withNoBrokerItSaysSo(Lab lab) {
        Ended smallest = lab.run("SmallestConsumer", "--bootstrap-server", "127.0.0.1:1");
        assertThat(smallest.exitCode()).as(smallest.tail()).isEqualTo(3);
        assertThat(smallest.err()).isEqualTo("SmallestConsumer: Kafka at 127.0.0.1:1 cannot be reached: start one "
                + "(make broker), or give its address with --bootstrap-server.\n");
    }

    // --- the smallest ---------------------------------------------------------------------------------------------

    private static Running smallest(Lab lab, String... options) {
        return lab.start("SmallestConsumer", Lab.with(options, "--bootstrap-server", lab.broker().bootstrap(),
                "--topic", lab.events, "--group", group(lab)));
    }

    private static String group(Lab lab) {
        return "smallest-" + lab.group;
    }

    private static String outcomesTopic(Lab lab) {
        return "order-outcomes-" + group(lab);
    }

    /** How many outcomes of the smallest each order has. */
    private static Map<String, Integer> counts(Lab lab) {
        return lab.kafka().jsonByKey(outcomesTopic(lab)).entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, outcomes -> outcomes.getValue().size()));
    }

    private static Map<String, Integer> each(List<String> orders, int outcomes) {
        return orders.stream().collect(Collectors.toMap(order -> order, order -> outcomes));
    }

    private static void send(Lab lab, int partition, List<String> orders, String customer) {
        lab.kafka().sendAll(orders.stream().map(order -> new ProducerRecord<>(lab.events, partition,
                Kafka.bytes(order), Kafka.bytes(Api.record(order, customer, "59.98")))).toList());
    }

    private static void await(BooleanSupplier holds, String what) {
        org.awaitility.Awaitility.await(what).atMost(PATIENCE).pollInterval(Duration.ofMillis(50))
                .until(holds::getAsBoolean);
    }
}
