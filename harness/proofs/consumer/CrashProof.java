package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.stream.IntStream;
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
