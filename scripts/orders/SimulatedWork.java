package orders;

import java.util.concurrent.CountDownLatch;
import messages.TransientFailure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Simulates the work on an order, with a pause and three ways to fail; replace it with your own. Customers ending in f
 * are refused for good; those ending in r fail twice and then pass; those ending in h hang twice and then pass.
 */
@Command(optionListHeading = "Simulated work:%n")
public final class SimulatedWork {
    private static final String DEFAULT_WORK_MS = "500";
    private static final int PASSES_AT_ATTEMPT = 3;

    @Option(names = "--work-ms", defaultValue = DEFAULT_WORK_MS, paramLabel = "MS|MIN-MAX",
            converter = WorkTime.Converter.class,
            description = "Simulated work for each order (default: ${DEFAULT-VALUE}).")
    private WorkTime time;

    @Option(names = "--no-failures",
            description = "Simulate no failures, as if the bug were fixed: orders of customers ending in f, r or h "
                    + "are processed like any other.")
    private boolean noFailures;

    /** @param attempt 1, and more after failures */
    public void handle(Order order, int attempt) throws Exception {
        time.spend();
        if (noFailures) {
            return;
        }
        String customer = order.customerId();
        if (customer.endsWith("f")) {
            throw new OrderRejected("customer " + customer + " is refused (simulated: it ends in f)");
        }
        if (customer.endsWith("r") && attempt < PASSES_AT_ATTEMPT) {
            throw new TransientFailure("payment of " + customer + " timed out (simulated: it ends in r)");
        }
        if (customer.endsWith("h") && attempt < PASSES_AT_ATTEMPT) {
            new CountDownLatch(1).await();
        }
    }
}
