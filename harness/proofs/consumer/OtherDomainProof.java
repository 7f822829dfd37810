package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import lab.Repo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How much of OrderConsumer has to change for another domain? (CrashProof kills both.) */
@Tag("check")
class OtherDomainProof {
    private static final int MOST_CHANGED = 30;

    @Test
    void thePaymentConsumerDiffersFromOrderConsumerInAFewLines() throws Exception {
        List<String> orders = new ArrayList<>(Files.readAllLines(Repo.file("scripts/OrderConsumer.java")));
        List<String> payments = new ArrayList<>(Files.readAllLines(Repo.file("harness/payments/PaymentConsumer.java")));
        for (String line : List.copyOf(payments)) { // the lines that are left differ
            if (orders.remove(line)) {
                payments.remove(line);
            }
        }
        assertThat(payments).as("changed lines").hasSizeLessThanOrEqualTo(MOST_CHANGED)
                .anyMatch(line -> line.contains("new PaymentReader()"));
        assertThat(orders).as("the lines that they replace").hasSizeLessThanOrEqualTo(MOST_CHANGED);
    }
}
