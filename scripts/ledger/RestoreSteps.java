package ledger;

import java.time.Duration;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The steps of a restore: each is tried until it succeeds, whatever goes wrong, and reports what it waits for. */
final class RestoreSteps {
    private static final Logger LOG = LoggerFactory.getLogger(RestoreSteps.class);
    private static final Duration REPORT = Duration.ofSeconds(5);
    private static final long SHORTEST_PAUSE_MS = 10;
    private static final long LONGEST_PAUSE_MS = 1_000;

    private final TopicPartition source;
    private final Ledger ledger;
    private long reportedAt = System.nanoTime();

    /** A part of the work that can be tried again. */
    @FunctionalInterface
    interface Step {
        /** @return null if it is done, else what it waits for */
        String attempt() throws InterruptedException;
    }

    RestoreSteps(TopicPartition source, Ledger ledger) {
        this.source = source;
        this.ledger = ledger;
    }

    /** Returns when it is done, or the ledger is closed: its partition is gone, and perhaps the admin client, too. */
    void until(Step step) throws InterruptedException {
        for (long pause = SHORTEST_PAUSE_MS; !ledger.isClosed(); pause = Math.min(LONGEST_PAUSE_MS, 2 * pause)) {
            String missing = attempt(step);
            if (missing == null) {
                return;
            }
            ledger.waitsFor(missing);
            report(missing);
            ledger.sleep(Duration.ofMillis(pause));
        }
    }

    private static String attempt(Step step) throws InterruptedException {
        try {
            return step.attempt();
        } catch (RuntimeException e) {
            return "its ledger, which cannot be read: " + (e.getMessage() == null ? e : e.getMessage());
        }
    }

    private void report(String missing) {
        long now = System.nanoTime();
        if (now - reportedAt > REPORT.toNanos() && !ledger.isClosed()) {
            reportedAt = now;
            LOG.warn("{} stays paused: it waits for {}", source, missing);
        }
    }
}
