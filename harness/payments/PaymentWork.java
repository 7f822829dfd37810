package payments;

import messages.TransientFailure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Simulates the work on a payment. Payments from the account "closed" fail. */
@Command(optionListHeading = "Simulated work:%n")
public final class PaymentWork {
    @Option(names = "--work-ms", defaultValue = "0", paramLabel = "MS", description = "For each payment.")
    private int workMs;

    /** @param attempt 1 for the first one */
    public void handle(Payment payment, int attempt) throws Exception {
        Thread.sleep(workMs);
        if (payment.from().equals("closed")) {
            throw new TransientFailure("the account is closed");
        }
    }
}
