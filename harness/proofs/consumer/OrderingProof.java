package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lab.Lab;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Records of one key are handled in offset order, whatever the concurrency (invariant 7). */
@ExtendWith(LabExtension.class)
class OrderingProof {
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
