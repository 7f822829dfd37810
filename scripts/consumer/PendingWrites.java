package consumer;

import cluster.ClusterFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Handled records that wait to be written in one batch: a commit costs the same for one record as for thousands. For
 * the poll thread only.
 */
public final class PendingWrites {
    private static final int ENOUGH = 4_000;
    private static final int ALL = Integer.MAX_VALUE;

    private final Duration linger;
    private final RefusedWrites refused;
    private final Report report;
    private final List<Handled> waiting = new ArrayList<>();
    private long lastTaken = System.nanoTime();
    private int atMost = ALL;

    /**
     * @param linger        how long to wait for more records to share a commit
     * @param stopAtRefusal whether to throw a {@link ClusterFailure} when Kafka refuses to write a record
     * @param report        is notified of what is written
     */
    public PendingWrites(Duration linger, boolean stopAtRefusal, Report report) {
        this.linger = linger;
        this.report = report;
        this.refused = new RefusedWrites(stopAtRefusal);
    }

    public void add(Handled handled) {
        waiting.add(handled);
    }

    /**
     * What to write now, of partitions that this consumer still has; it stays here until {@link #written}. No batch
     * while it is better to wait for more. An empty batch: there is nothing to write, but there may be offsets to
     * commit.
     *
     * @param idle whether nothing more will come: then there is nothing to wait for
     */
    public Optional<List<Handled>> batch(boolean idle) {
        List<Handled> batch = all();
        long now = System.nanoTime();
        if (!idle && batch.size() < Math.min(ENOUGH, atMost) && now - lastTaken <= linger.toNanos()) {
            return Optional.empty();
        }
        lastTaken = now;
        return Optional.of(batch);
    }

    /**
     * The same without waiting for more: a refused one that is due for another attempt, else all but those of refused
     * keys.
     */
    public List<Handled> all() {
        waiting.removeIf(Handled::isMoot);
        refused.dropMoot();
        if (refused.isEmpty() && atMost == ALL) {
            return List.copyOf(waiting);
        }
        return refused.due().map(List::of).orElseGet(() -> {
            Set<String> held = refused.heldKeys();
            return waiting.stream().filter(handled -> handled.key() == null || !held.contains(handled.key()))
                    .limit(atMost).toList();
        });
    }

    /**
     * Notes that the writes for these are acknowledged, or committed in a transaction: now their offsets may be
     * committed.
     */
    public void written(List<Handled> batch) {
        batch.forEach(handled -> handled.delivery().place().finish());
        report.written(batch);
        atMost = atMost > ENOUGH ? ALL : 2 * atMost;
        if (batch.size() == waiting.size() && refused.isEmpty()) {
            waiting.clear();
            return;
        }
        Set<Handled> written = new HashSet<>(batch);
        waiting.removeIf(written::contains);
        refused.remove(written);
    }

    /** Notes that the dead letters of these are acknowledged, and only the outcomes are left to write. */
    void deadLettersWritten(Set<Handled> handled) {
        if (handled.isEmpty()) {
            return; // nearly always
        }
        waiting.replaceAll(one -> handled.contains(one) ? one.withDeadLetterWritten() : one);
        refused.deadLettersWritten(handled);
    }

    /** Notes that Kafka refuses to write one: it is tried again later, and alone. */
    void refuse(Handled handled, Throwable cause) {
        refused.add(handled, cause);
        waiting.remove(handled);
        atMost = ALL;
    }

    /** Limits the next batches, to find the refused record; the limit grows again with each batch that is written. */
    void takeAtMost(int records) {
        atMost = records;
    }
}
