package api;

import cli.ExitCode;
import cli.Failure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether a request needs an idempotency key, and how many orders are known by their keys and ids. */
@Command(optionListHeading = "Idempotency:%n")
public final class IdempotencyOptions {
    private static final String DEFAULT_MAX_ORDERS = "100000";

    @Option(names = "--require-key", description = "Answer 400 to orders without an idempotency key.")
    private boolean requireKey;

    @Option(names = "--max-orders", defaultValue = DEFAULT_MAX_ORDERS, paramLabel = "N",
            description = "How many of the latest orders are known: whose keys and ids are recognised, and which GET "
                    + "/orders/{order_id} finds (default: ${DEFAULT-VALUE}, some 25 MB of heap).")
    private int maxOrders;

    public boolean required() {
        return requireKey;
    }

    /** @throws Failure if the number makes no sense */
    public KnownOrders knownOrders() {
        if (maxOrders < 0) {
            throw new Failure(ExitCode.USAGE, "--max-orders has to be 0 or more.");
        }
        return new KnownOrders(maxOrders);
    }
}
