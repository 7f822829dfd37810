package consumer;

import cluster.ClusterFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is handled and waits for a batch to be written with: a commit costs the same for one record and for thousands.
 * For the poll thread only.
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
     * @param linger        for how long to wait for more that shares a commit
     * @param stopAtRefusal whether to throw a {@link ClusterFailure} when Kafka refuses to write a record
     * @param report        hears of what is written
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
     * What to write now, of partitions that this consumer still has; it stays here until {@link #written}. No batch at
     * all while it is better to wait for more. An empty batch: there is nothing to write, but offsets may be left.
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

    /** The same without waiting for more: a refused one whose time has come, else all but those of refused keys. */
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

    /** Notes that all that these call for is acknowledged, or committed: now their offsets may be. */
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

    /** Notes that of these the dead letter is acknowledged, and only the outcome is left to write. */
    void deadLettersWritten(Set<Handled> handled) {
        if (handled.isEmpty()) {
            return; // as nearly always
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

    /** Take fewer at a time until the refused one is found; with each batch that passes it becomes more again. */
    void takeAtMost(int records) {
        atMost = records;
    }
}
