package guarantees;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.stream.IntStream;
import lab.Kafka;
import lab.Lab;
import lab.LabExtension;
import lab.Running;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is left of an order when its consumer is killed between two steps? Each gap is met for certain: the consumer
 * freezes there ({@code --freeze-at}) and is killed with -9 (invariants 3 and 4).
 */
@ExtendWith(LabExtension.class)
class CrashProof {
    private static final int ORDERS = 60;

    @ParameterizedTest
    @CsvSource({
        "polled,    manual,        false, false",
        "handled,   manual,        false, false",
        "written,   manual,        true,  false",
        "committed, manual,        true,  true",
        "polled,    transactional, false, false",
        "handled,   transactional, false, false",
        "written,   transactional, false, false", // the outcomes are in the topic, and nobody gets to see them
        "committed, transactional, true,  true"
    })
    void killedInAnyGapEveryOrderHasOneOutcome(String point, String commit, boolean outcomes, boolean offsets,
            Lab lab) {
        kill(lab, () -> lab.sendOrders(0, ORDERS), point, commit, outcomes, offsets, "--dedup", "ledger");
    }

    /** The engine knows no order: the same script with another reader, handler and outcome passes the same proofs. */
    @ParameterizedTest
    @CsvSource({
        "polled,    manual,        false, false",
        "handled,   manual,        false, false",
        "written,   manual,        true,  false",
        "committed, manual,        true,  true",
        "polled,    transactional, false, false",
        "handled,   transactional, false, false",
        "written,   transactional, false, false",
        "committed, transactional, true,  true"
    })
    void paymentsFareNoWorse(String point, String commit, boolean outcomes, boolean offsets, Lab lab) {
        lab.consumeWith("PaymentConsumer");
        kill(lab, () -> sendPayments(lab), point, commit, outcomes, offsets, "--dedup", "ledger");
    }

    private static void sendPayments(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().sendAll(IntStream.range(0, ORDERS).mapToObj(i -> new ProducerRecord<>(lab.events,
                Kafka.bytes("payment-" + i), Kafka.bytes("alice;bob;" + i + ".50"))).toList());
    }

    private static void kill(Lab lab, Runnable send, String point, String commit, boolean outcomes, boolean offsets,
            String... switches) {
        String[] options = Lab.with(switches, "--commit", commit, "--instance-id", "a");
        send.run();
        Running first = lab.frozenConsumer(point, options);
        assertThat(!lab.kafka().visibleRecords(lab.outcomes).isEmpty()).as("outcomes to be seen before the kill")
                .isEqualTo(outcomes);
        if (!point.equals("written") || commit.equals("manual")) { // there the offsets are in the open transaction
            assertThat(!lab.kafka().committed(lab.group, lab.events).isEmpty()).as("offsets before the kill")
                    .isEqualTo(offsets);
        }
        first.kill9();

        lab.consumer(options);
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, (long) ORDERS));
    }

    @Test
    void withoutALedgerAKillBetweenOutcomeAndOffsetDoublesOrders(Lab lab) {
        assertThatThrownBy(() -> kill(lab, () -> lab.sendOrders(0, ORDERS), "written", "manual", true, false,
                "--dedup", "none"))
                .isInstanceOf(AssertionError.class).hasMessageContaining("2=");
    }
}
