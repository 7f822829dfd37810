package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lab.Api;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What happens to an order when its consumer is killed between two steps? No gap is left to chance: the consumer
 * freezes there ({@code --freeze-at}) and is killed with -9 (invariants 3 and 4).
 */
@ExtendWith(LabExtension.class)
class CrashProof {
    private static final int ORDERS = 60;

    /** What others see of a consumer's work. */
    private enum Seen { NOTHING, OUTCOMES, OUTCOMES_AND_OFFSETS }

    /** The engine does not depend on orders: payments are the same script with another reader, handler and outcome. */
    @ParameterizedTest
    @CsvSource({
        "OrderConsumer,   manual",
        "OrderConsumer,   transactional",
        "PaymentConsumer, manual",
        "PaymentConsumer, transactional"
    })
    void afterAKillInEachGapEachOrderHasOneOutcome(String script, String commit, Lab lab) {
        lab.consumeWith(script);
        String[] options = {"--commit", commit, "--instance-id", "a"};
        kill(lab, script, 0, "polled", Seen.NOTHING, options);
        kill(lab, script, 1, "handled", Seen.NOTHING, options);
        kill(lab, script, 2, "written", // in an open transaction they are in the topic, but not visible
                commit.equals("manual") ? Seen.OUTCOMES : Seen.NOTHING, options);
        kill(lab, script, 3, "committed", Seen.OUTCOMES_AND_OFFSETS, options);
        theNextConsumerLeavesOneOutcomeEach(lab, 4 * ORDERS, options);
    }

    @Test
    void withoutALedgerAKillBetweenOutcomeAndOffsetRepeatsOrders(Lab lab) {
        String[] options = {"--commit", "manual", "--instance-id", "a", "--dedup", "none"};
        kill(lab, "OrderConsumer", 0, "written", Seen.OUTCOMES, options);
        assertThatThrownBy(() -> theNextConsumerLeavesOneOutcomeEach(lab, ORDERS, options))
                .isInstanceOf(AssertionError.class).hasMessageContaining("2=");
    }

    /** The next consumer writes the dead letter once more, as no ledger remembers it; a replay of both is one order. */
    @Test
    void afterAKillBetweenDeadLetterAndOutcomeTheOrderHasOneOutcome(Lab lab) {
        String[] options = {"--instance-id", "a"};
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().send(lab.events, "order-1", Api.record("order-1", "customerf", "1"));
        Running consumer = lab.frozenConsumer("dead-lettered", options);
        assertThat(lab.deadLetters()).hasSize(1);
        assertThat(lab.outcomes()).isEmpty();
        assertThat(lab.kafka().committed(lab.group, lab.events)).isEmpty();
        consumer.kill9();

        Running next = lab.consumer(options);
        lab.awaitCaughtUp();
        assertThat(lab.deadLetters()).hasSize(2);
        assertThat(statuses(lab)).containsExactly("dead-lettered");
        next.kill9();
        lab.consumer(Lab.with(options, "--no-failures"));
        assertThat(lab.inspect("replay", "--execute").out()).contains("replayed 2 of 2");
        lab.awaitCaughtUp();
        assertThat(statuses(lab)).containsExactly("dead-lettered", "processed");
    }

    private static List<String> statuses(Lab lab) {
        return lab.outcomes().get("order-1").stream().map(outcome -> outcome.path("status").asText()).toList();
    }

    /** The clients repeat what was not answered, at an API that has forgotten all keys: the ledger remembers. */
    @Test
    void afterAKillBetweenAcknowledgementAndAnswerEachOrderHasOneOutcome(Lab lab) {
        Api api = lab.api("--freeze-at", "acknowledged");
        Running sender = lab.startDuplicates("--orders", "20", "--copies", "2", "--concurrency", "4", "--json", "--api",
                api.uri().toString());
        api.process().awaitFrozen();
        assertThat(lab.kafka().records(lab.events)).as("what is not answered").isNotEmpty();
        api.process().kill9();
        lab.apiOn(String.valueOf(api.uri().getPort()));
        lab.consumer();

        assertThat(sender.awaitExit(Duration.ofSeconds(60))).as(sender.tail()).isEqualTo(0);
        JsonNode result = Kafka.json(Kafka.bytes(sender.out()));
        assertThat(result.path("one_outcome").asInt()).isEqualTo(20);
        assertThat(result.path("http_retries").asInt()).isPositive();
    }

    /** Sends more orders, and kills a consumer that has these and those that its predecessors left. */
    private static void kill(Lab lab, String script, int round, String point, Seen seen, String... options) {
        if (script.equals("PaymentConsumer")) {
            sendPayments(lab, round * ORDERS);
        } else {
            lab.sendOrders(round * ORDERS, (round + 1) * ORDERS);
        }
        Running consumer = lab.frozenConsumer(point, options);
        assertThat(!lab.kafka().visibleRecords(lab.outcomes).isEmpty()).as("visible outcomes, %s", point)
                .isEqualTo(seen != Seen.NOTHING);
        assertThat(!lab.kafka().committed(lab.group, lab.events).isEmpty()).as("offsets, %s", point)
                .isEqualTo(seen == Seen.OUTCOMES_AND_OFFSETS);
        consumer.kill9();
    }

    private static void sendPayments(Lab lab, int from) {
        if (from == 0) {
            lab.kafka().createTopic(lab.events, 3);
        }
        lab.kafka().sendAll(IntStream.range(from, from + ORDERS).mapToObj(i -> new ProducerRecord<>(lab.events,
                Kafka.bytes("payment-" + i), Kafka.bytes("alice;bob;" + i + ".50"))).toList());
    }

    private static void theNextConsumerLeavesOneOutcomeEach(Lab lab, int orders, String... options) {
        lab.consumer(options);
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, (long) orders));
    }
}
