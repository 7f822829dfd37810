package api;

import cli.ExitCode;
import cli.Failure;
import java.time.Duration;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether a request needs an idempotency key, and how many keys are remembered, and for how long. */
@Command(optionListHeading = "Idempotency keys:%n")
public final class IdempotencyOptions {
    private static final String DEFAULT_MAX_KEYS = "100000";
    private static final String DEFAULT_KEY_TTL_MS = "86400000"; // a day
    private static final Duration LONGEST_TTL = Duration.ofDays(3650);

    @Option(names = "--require-key", description = "Answer 400 to orders without an idempotency key.")
    private boolean requireKey;

    @Option(names = "--max-keys", defaultValue = DEFAULT_MAX_KEYS, paramLabel = "N",
            description = "How many idempotency keys to remember (default: ${DEFAULT-VALUE}).")
    private int maxKeys;

    @Option(names = "--key-ttl-ms", defaultValue = DEFAULT_KEY_TTL_MS, paramLabel = "MS",
            description = "How long to remember a key (default: ${DEFAULT-VALUE}, a day).")
    private long keyTtlMs;

    public boolean required() {
        return requireKey;
    }

    /**
     * A memory for keys, within these bounds.
     *
     * @param forgettable whether a key may be dropped already
     * @throws Failure if a bound makes no sense
     */
    public <V> Recent<V> memory(Predicate<V> forgettable) {
        if (maxKeys < 0 || keyTtlMs < 0) {
            throw new Failure(ExitCode.USAGE, "--max-keys and --key-ttl-ms have to be 0 or more.");
        }
        return new Recent<>(maxKeys, Duration.ofMillis(Math.min(keyTtlMs, LONGEST_TTL.toMillis())), forgettable);
    }
}
