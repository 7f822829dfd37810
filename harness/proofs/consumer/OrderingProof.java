package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import lab.Api;
import lab.Kafka;
import lab.Lab;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Records of one key are handled in offset order, whatever the concurrency (invariant 7). */
@ExtendWith(LabExtension.class)
class OrderingProof {
    private static final int ORDERS = 100;

    @Test
    void ofTwoContentsTheFirstIsProcessedAndTheSecondIsAConflict(Lab lab) {
        twoContentsEach(lab);
    }

    @Test
    void withoutOrderingBothAreProcessed(Lab lab) {
        assertThatThrownBy(() -> twoContentsEach(lab, "--ordering", "none"))
                .isInstanceOf(AssertionError.class).hasMessageContaining("conflicts");
    }

    /** Every order comes twice in a row, with totals 1 and 2: handled in order, the 2 is a conflict with the 1. */
    private static void twoContentsEach(Lab lab, String... switches) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka()
                .sendAll(IntStream.range(0, ORDERS)
                        .boxed()
                        .flatMap(i -> Stream.of("1", "2")
                                .map(total -> new ProducerRecord<>(
                                        lab.events,
                                        Kafka.bytes("order-" + i),
                                        Kafka.bytes(Api.record("order-" + i, "customer123", total)))))
                        .toList());
        lab.consumer(Stream.concat(Stream.of(switches), Stream.of("--work-ms", "20", "--concurrency", "500"))
                .toArray(String[]::new));
        lab.awaitCaughtUp();
        assertThat(lab.deadLetters()).as("conflicts").hasSize(ORDERS)
                .allSatisfy(letter -> assertThat(Kafka.text(letter.value())).contains("\"total_amount\":2"));
        assertThat(lab.outcomeCounts()).hasSize(ORDERS).allSatisfy((order, count) -> assertThat(count).isEqualTo(1));
    }

    @Test
    void tenThousandOrdersOfAThousandKeysAreEachHandledInOffsetOrder(Lab lab) {
        orderOfOutcomes(lab);
    }

    @Test
    void withoutOrderingTheyAreNot(Lab lab) {
        assertThatThrownBy(() -> orderOfOutcomes(lab, "--ordering", "none"))
                .isInstanceOf(AssertionError.class).hasMessageContaining("in offset order");
    }

    /** Ten records for each of a thousand keys; without a ledger each has its own outcome. */
    private static void orderOfOutcomes(Lab lab, String... switches) {
        for (int round = 0; round < 10; round++) {
            lab.sendOrders(0, 1_000);
        }
        lab.consumer(Lab.with(switches, "--work-ms", "0-5", "--concurrency", "500", "--dedup", "none", "--quiet"));
        lab.awaitCaughtUp();
        assertThat(lab.outcomes()).hasSize(1_000).allSatisfy((order, outcomes) -> assertThat(outcomes)
                .extracting(outcome -> outcome.path("source").path("offset").asLong()).as("outcomes in offset order")
                .hasSize(10).isSorted());
    }
}
