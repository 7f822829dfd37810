package cli;

import cluster.Cluster;
import cluster.TransactionVersion;
import java.time.Duration;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Switches that turn a guarantee off, each to show what fails without it; and {@code --commit}, which makes one
 * stronger. The fields are public: picocli sets them, and after that they are only read.
 */
@Command(optionListHeading = "Guarantees:%n")
public final class GuaranteeSwitches {
    private static final Duration MANUAL_LINGER = Duration.ofMillis(20);
    private static final Duration TRANSACTIONAL_LINGER = Duration.ofMillis(50);

    /** See {@code --commit}. */
    public enum Commit { manual, transactional }

    /** See {@code --dedup}. */
    public enum Dedup { ledger, memory, none }

    /** See {@code --ordering}. */
    private enum Ordering { key, none }

    /** See {@code --on-conflict}. */
    private enum OnConflict { dlq, skip }

    @Option(names = "--commit", defaultValue = "manual", paramLabel = "manual|transactional",
            description = "Write outcomes and then commit offsets, or do both in one transaction, which stops zombies "
                    + "(default: ${DEFAULT-VALUE}).")
    public Commit commit;

    @Option(names = "--dedup", defaultValue = "ledger", paramLabel = "ledger|memory|none",
            description = "How to recognise duplicates: with the durable ledger, with a set in memory, or not at all "
                    + "(default: ${DEFAULT-VALUE}).")
    public Dedup dedup;

    @Option(names = "--ordering", defaultValue = "key", paramLabel = "key|none",
            description = "Handle the records of one key in order, or all in any order (default: ${DEFAULT-VALUE}).")
    private Ordering ordering;

    @Option(names = "--on-conflict", defaultValue = "dlq", paramLabel = "dlq|skip",
            description = "What to do with a record whose id was processed with other content: dead-letter it, or skip "
                    + "it as if it were a duplicate (default: ${DEFAULT-VALUE}).")
    private OnConflict onConflict;

    @Option(names = "--auto-commit", description = "Let the client commit what was polled, finished or not. Unsafe.")
    public boolean autoCommit;

    @Option(names = "--no-dlq", description = "Stop at a record that cannot be processed. Unsafe.")
    public boolean noDlq;

    /** How long results wait for others to share their commit: a transaction costs more than a flush. */
    public Duration linger() {
        return switch (commit) {
            case manual -> MANUAL_LINGER;
            case transactional -> TRANSACTIONAL_LINGER;
        };
    }

    public boolean transactional() {
        return commit == Commit.transactional;
    }

    /** Whether the records of one key are handled in order. */
    public boolean keyOrder() {
        return ordering == Ordering.key;
    }

    /** Whether a record whose id was processed with other content is skipped. */
    public boolean skipConflicts() {
        return onConflict == OnConflict.skip;
    }

    /**
     * Warns of each guarantee that is off.
     *
     * @throws Failure if the switches contradict each other, or a number makes no sense
     */
    public void check(Logger log, HandlingOptions handling) {
        handling.check();
        if (autoCommit && commit == Commit.transactional) {
            throw new Failure(ExitCode.USAGE,
                    "--auto-commit and --commit transactional exclude each other: choose one.");
        }
        warnIf(log, dedup == Dedup.none, "--dedup none processes every duplicate again");
        warnIf(log, dedup == Dedup.memory,
                "--dedup memory forgets every processed order at the next restart or rebalance");
        warnIf(log, autoCommit, "--auto-commit commits orders that are not finished: a crash loses them");
        warnIf(log, noDlq, "--no-dlq stops for good at the first record that cannot be processed");
        warnIf(log, ordering == Ordering.none,
                "--ordering none handles the records of one order in any order, even at the same time");
        warnIf(log, skipConflicts(),
                "--on-conflict skip drops a record whose id was processed with other content: nobody ever sees it");
        warnIf(log, handling.concurrency == 1, "--concurrency 1 lets one slow order hold up all the others");
    }

    /** Warns if transactions are asked for, and those of the cluster are not whole. */
    public void checkCluster(Cluster cluster, Admin admin, Logger log) {
        if (transactional()) {
            TransactionVersion.check(cluster, admin, log);
        }
    }

    private static void warnIf(Logger log, boolean condition, String what) {
        if (condition) {
            log.warn("UNSAFE: {}", what);
        }
    }
}
