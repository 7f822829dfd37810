package orders;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import messages.Context;
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

    @Option(names = "--away-while", paramLabel = "FILE",
            description = "Simulate that a service that the work needs is away while FILE exists: every attempt fails, "
                    + "and may pass later.")
    private Path away;

    /** Ends early, with no effect, when it is interrupted, as {@link Context} asks. */
    public void handle(Order order, Context context) throws Exception {
        time.spend();
        if (away != null && Files.exists(away)) {
            throw new TransientFailure("the payment service does not answer (simulated: " + away + " exists)");
        }
        if (noFailures) {
            return;
        }
        String customer = order.customerId();
        if (customer.endsWith("f")) {
            throw new OrderRejected("customer " + customer + " is refused (simulated: it ends in f)");
        }
        if (customer.endsWith("r") && context.attempt() < PASSES_AT_ATTEMPT) {
            throw new TransientFailure("payment of " + customer + " timed out (simulated: it ends in r)");
        }
        if (customer.endsWith("h") && context.attempt() < PASSES_AT_ATTEMPT) {
            new CountDownLatch(1).await();
        }
    }
}
