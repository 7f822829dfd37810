package cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How many orders to handle at a time, for how long, and how often to try. The fields are public: picocli sets them.
 */
@Command(optionListHeading = "Handling:%n")
public final class HandlingOptions {
    private static final String DEFAULT_CONCURRENCY = "100";
    private static final String DEFAULT_MAX_ATTEMPTS = "3";
    private static final String DEFAULT_RETRY_BACKOFF_MS = "200";
    private static final String DEFAULT_HANDLER_TIMEOUT_MS = "30000";
    private static final String DEFAULT_BREAKER_SHARE = "0.5";
    private static final String DEFAULT_BREAKER_WINDOW = "20";

    @Option(names = "--concurrency", defaultValue = DEFAULT_CONCURRENCY, paramLabel = "N",
            description = "How many orders to handle at a time (default: ${DEFAULT-VALUE}).")
    public int concurrency;

    @Option(names = "--max-attempts", defaultValue = DEFAULT_MAX_ATTEMPTS, paramLabel = "N",
            description = "How often to try an order that fails, unless its failure is permanent (default: "
                    + "${DEFAULT-VALUE}).")
    public int maxAttempts;

    @Option(names = "--retry-backoff-ms", defaultValue = DEFAULT_RETRY_BACKOFF_MS, paramLabel = "MS",
            description = "The wait before the second attempt; it doubles with each further one (default: "
                    + "${DEFAULT-VALUE}).")
    public int retryBackoffMs;

    @Option(names = {"--handler-timeout", "--handler-timeout-ms"}, defaultValue = DEFAULT_HANDLER_TIMEOUT_MS,
            paramLabel = "MS",
            description = "After how long an attempt is interrupted; it counts as failed, and is retried "
                    + "(default: ${DEFAULT-VALUE}).")
    public int handlerTimeoutMs;

    @Option(names = "--breaker-share", defaultValue = DEFAULT_BREAKER_SHARE, paramLabel = "SHARE",
            description = "If an order fails for good, and this share of the recent ones failed, too, in a way that "
                    + "may pass, that is an outage: all orders wait, none is dead-lettered, and one is tried now and "
                    + "then; 0: never (default: ${DEFAULT-VALUE}).")
    public double breakerShare;

    @Option(names = "--breaker-window", defaultValue = DEFAULT_BREAKER_WINDOW, paramLabel = "N",
            description = "How many orders are recent (default: ${DEFAULT-VALUE}).")
    public int breakerWindow;

    /** @throws Failure if a number makes no sense */
    void check() {
        if (concurrency < 1 || maxAttempts < 1 || retryBackoffMs < 0 || handlerTimeoutMs < 1) {
            throw new Failure(ExitCode.USAGE, "--concurrency, --max-attempts and --handler-timeout have to be 1 "
                    + "or more, --retry-backoff-ms 0 or more.");
        }
        if (!(breakerShare >= 0 && breakerShare <= 1) || breakerWindow < 1) {
            throw new Failure(ExitCode.USAGE, "--breaker-share has to be from 0 to 1, --breaker-window 1 or more.");
        }
    }
}
