package proofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import lab.Api;
import lab.Broker;
import lab.Kafka;
import lab.Lab;
import lab.LabExtension;
import lab.Running;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A DLQ that refuses a dead letter holds back the offset of that record, and what is written under its key, and nothing
 * before or beside it (5).
 */
@ExtendWith(LabExtension.class)
class RefusalProof {

    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void nothingPastItIsCommittedUntilItIsTaken(String commit, Lab lab) {
        sendOneThatFitsNoDlq(lab);
        Running consumer = lab.consumer("--commit", commit);
        awaitHeldBack(lab, consumer);
        assertThat(lab.deadLetters()).isEmpty();

        lab.kafka().alterTopic(lab.dlq, "max.message.bytes", "100000");
        lab.awaitCaughtUp();
        assertEachIsWrittenInItsTurn(lab);
    }

    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void theSameForOneItMayNotWriteTo(String commit, Lab lab) {
        Running broker = lab.brokerWithRules();
        try (Lab own = new Lab(Broker.running(Broker.address(broker)), lab.folder().resolve("own"))) {
            sendOneThatFitsNoDlq(own);
            own.kafka().alterTopic(own.dlq, "max.message.bytes", "100000");
            AclBinding no = Kafka.ruleForAll(own.dlq, AclOperation.WRITE, AclPermissionType.DENY);
            own.kafka().addRule(Kafka.ruleForAll(own.dlq, AclOperation.ALL, AclPermissionType.ALLOW));
            own.kafka().addRule(no);
            Running consumer = own.consumer("--commit", commit);
            awaitHeldBack(own, consumer);
            own.kafka().removeRule(no);
            own.awaitCaughtUp();
            assertEachIsWrittenInItsTurn(own);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void orTheConsumerStops(String commit, Lab lab) {
        sendOneThatFitsNoDlq(lab);
        Running consumer = lab.consumer("--commit", commit, "--on-refusal", "stop");
        assertThat(consumer.awaitExit(Duration.ofSeconds(40))).isEqualTo(1);
        assertThat(consumer.err()).contains("Kafka refuses the dead letter of " + lab.events + "-0@10");
        assertThat(lab.kafka().committed(lab.group, lab.events).getOrDefault(0, 0L)).isLessThanOrEqualTo(10);
    }

    private static void awaitHeldBack(Lab lab, Running consumer) {
        await("all others are processed").atMost(Duration.ofSeconds(30)).until(() -> lab.outcomes().size() == 20);
        await("said out loud, twice").atMost(Duration.ofSeconds(20)).until(
                () -> consumer.err().split("Kafka refuses the dead letter of " + lab.events + "-0@10", -1).length > 2);
        assertThat(lab.kafka().committed(lab.group, lab.events)).isEqualTo(Map.of(0, 10L, 1, 5L));
        assertThat(lab.outcomes()).as("nothing more, not of its key either").hasSize(20);
    }

    /** The last outcome of a key is the one that its compacted topic keeps: the ledger must not forget an order. */
    private static void assertEachIsWrittenInItsTurn(Lab lab) {
        assertThat(lab.deadLetters()).hasSize(1);
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 20L, 2, 1L));
        assertThat(lab.outcomes().get("too-large")).extracting(outcome -> outcome.path("status").asText())
                .containsExactly("dead-lettered", "processed");
    }

    /**
     * Ten orders, one that fails, with a value of 5 KB, the same without the fault, and five more, in partition 0; five
     * in partition 1.
     */
    private static void sendOneThatFitsNoDlq(Lab lab) {
        lab.kafka().createTopic(lab.dlq, 1, Map.of("max.message.bytes", "2000"));
        lab.kafka().createTopic(lab.events, 3);
        for (int i = 0; i < 20; i++) {
            if (i == 10) {
                lab.kafka().send(new ProducerRecord<>(lab.events, 0, Kafka.bytes("too-large"), Kafka.bytes(
                        Api.record("too-large", "customerf", "1") + " ".repeat(5_000))));
                lab.kafka().send(new ProducerRecord<>(lab.events, 0, Kafka.bytes("too-large"),
                        Kafka.bytes(Api.record("too-large", "customer123", "1"))));
            }
            lab.kafka().send(new ProducerRecord<>(lab.events, i < 15 ? 0 : 1, Kafka.bytes("order-" + i),
                    Kafka.bytes(Api.record("order-" + i, "customer123", "1"))));
        }
    }
}
