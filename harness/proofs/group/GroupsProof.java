package proofs.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each group processes every order, and remembers that in a ledger of its own (invariant 4). */
@ExtendWith(LabExtension.class)
class GroupsProof {
    private static final Duration SOON = Duration.ofSeconds(30);

    @ParameterizedTest
    @CsvSource({"OrderConsumer, order-outcomes", "PaymentConsumer, receipts"})
    void anotherGroupAloneProcessesAllAgain(String script, String ledger, Lab lab) {
        send(lab, script);
        for (String group : List.of(lab.group, lab.group + "-other")) {
            lab.start(script, "--group", group, "--bootstrap-server", lab.broker().bootstrap(), "--topic", lab.events,
                    "--dlq-topic", lab.dlq);
            awaitCaughtUp(lab, group);
            assertThat(lab.kafka().jsonByKey(ledger + "-" + group)).as("outcomes of " + group).hasSize(10)
                    .allSatisfy((id, outcomes) -> assertThat(outcomes).extracting(GroupsProof::group)
                            .containsExactly(group));
        }
    }

    @ParameterizedTest
    @CsvSource({"OrderConsumer, manual", "OrderConsumer, transactional", "PaymentConsumer, manual"})
    void theLedgerOfAnotherGroupIsRefused(String script, String commit, Lab lab) {
        lab.consumeWith(script);
        send(lab, script);
        lab.consumer("--commit", commit);
        lab.awaitCaughtUp();
        assertThat(lab.outcomes()).hasSize(10).allSatisfy((order, outcomes) ->
                assertThat(outcomes).extracting(GroupsProof::group).containsExactly(lab.group));

        Running other = start(lab, script, lab.group + "-other", lab.events, "--commit", commit);
        assertThat(other.awaitExit(SOON)).isEqualTo(1);
        assertThat(other.err().lines().toList().getLast()).contains("The ledger " + lab.outcomes + " has an outcome",
                "of the group " + lab.group + ",", "--outcomes-topic of its own").doesNotContain("\tat ");
        assertThat(lab.kafka().committed(lab.group + "-other", lab.events)).isEmpty();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 10L));
    }

    @Test
    void theLedgerOfAnotherTopicIsRefused(Lab lab) {
        lab.sendOrders(0, 10);
        lab.consumer();
        lab.awaitCaughtUp();
        Running other = start(lab, "OrderConsumer", lab.group, lab.events + "-other");
        assertThat(other.awaitExit(SOON)).isEqualTo(1);
        assertThat(other.err()).contains("has an outcome (", "of a record from " + lab.events + ",");
    }

    /** However many outcomes of its own come first. */
    @Test
    void oneForeignOutcomeIsFoundWhereverItIs(Lab lab) {
        lab.kafka().createTopic(lab.outcomes, 3, Map.of("cleanup.policy", "compact"));
        lab.kafka().sendAll(Stream.concat(
                IntStream.range(0, 3_000).mapToObj(i -> outcome(lab, 1, "own-" + i, lab.group)),
                Stream.of(outcome(lab, 1, "foreign", "another"))).toList());
        lab.sendOrders(0, 10);
        Running consumer = lab.consumer();
        assertThat(consumer.awaitExit(SOON)).isEqualTo(1);
        assertThat(consumer.err()).contains("has an outcome (" + lab.outcomes + "-1@3000) of the group another,");
    }

    private static ProducerRecord<byte[], byte[]> outcome(Lab lab, int partition, String id, String group) {
        return new ProducerRecord<>(lab.outcomes, partition, Kafka.bytes(id), Kafka.bytes("""
                {"order_id": "%s", "status": "dead-lettered", "group": "%s"}""".formatted(id, group)));
    }

    /** None of them can see the other at its start. */
    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void ofTwoGroupsThatStartOnAnEmptyLedgerOneIsRefusedAtLeast(String commit, Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        Running first = lab.consumer("--commit", commit);
        Running second = start(lab, "OrderConsumer", lab.group + "-other", lab.events, "--commit", commit);
        for (String group : List.of(lab.group, lab.group + "-other")) {
            await("it has its partitions").atMost(SOON).ignoreExceptions()
                    .until(() -> lab.kafka().assignment(group).equals(List.of(3)));
        }
        lab.sendOrders(0, 10);
        await("one is refused").atMost(SOON).until(() -> !first.alive() || !second.alive());
        Running refused = first.alive() ? second : first;
        assertThat(refused.awaitExit(SOON)).isEqualTo(1);
        assertThat(refused.err()).contains("The ledger " + lab.outcomes + " has an outcome", "of the group");
    }

    @Test
    void anOutcomeThatNamesNoGroupIsItsOwn(Lab lab) {
        lab.sendOrders(0, 10);
        Running first = lab.consumer();
        lab.awaitCaughtUp();
        first.stop();
        List<ProducerRecord<byte[], byte[]>> older = lab.outcomes().entrySet().stream().map(entry -> {
            ObjectNode outcome = (ObjectNode) entry.getValue().getFirst();
            int partition = outcome.path("source").path("partition").asInt();
            outcome.remove("group");
            return new ProducerRecord<>(lab.outcomes + "-older", partition, Kafka.bytes(entry.getKey()),
                    Kafka.bytes(outcome.toString()));
        }).toList();
        lab.kafka().createTopic(lab.outcomes + "-older", 3, Map.of("cleanup.policy", "compact"));
        lab.kafka().sendAll(older);
        Running upgraded = lab.start("OrderConsumer", "--bootstrap-server", lab.broker().bootstrap(), "--topic",
                lab.events, "--outcomes-topic", lab.outcomes + "-older", "--group", lab.group + "-upgraded");
        awaitCaughtUp(lab, lab.group + "-upgraded");
        upgraded.stop();
        assertThat(upgraded.out()).contains("processed 0, duplicates 10");
    }

    // --- steps ----------------------------------------------------------------------------------------------------

    private static void send(Lab lab, String script) {
        if (script.equals("OrderConsumer")) {
            lab.sendOrders(0, 10);
            return;
        }
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().sendAll(IntStream.range(0, 10).mapToObj(i -> new ProducerRecord<>(lab.events,
                Kafka.bytes("payment-" + i), Kafka.bytes("alice;bob;" + i + ".50"))).toList());
    }

    /** Starts a consumer whose outcomes go to this experiment's ledger. */
    private static Running start(Lab lab, String script, String group, String events, String... options) {
        return lab.start(script, Lab.with(options, "--bootstrap-server", lab.broker().bootstrap(), "--topic", events,
                "--dlq-topic", lab.dlq, "--outcomes-topic", lab.outcomes, "--group", group));
    }

    private static void awaitCaughtUp(Lab lab, String group) {
        await(group + " commits all that was sent").atMost(SOON).until(() -> lab.kafka().caughtUp(group, lab.events));
    }

    private static String group(JsonNode outcome) {
        return outcome.path("group").asText();
    }
}
