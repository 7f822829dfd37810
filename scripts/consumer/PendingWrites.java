package consumer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Handled records that wait to be written in one batch: a commit costs the same for one record as for thousands. What
 * Kafka refused waits apart, and holds up nothing but later records of its key. For the poll thread only.
 */
public final class PendingWrites {
    private static final int ENOUGH = 4_000;

    private final Duration linger;
    private final RefusedWrites refused;
    private final Report report;
    private final List<Handled> waiting = new ArrayList<>();
    private long lastTaken = System.nanoTime();

    /**
     * @param linger        how long to wait for more records to share a commit
     * @param stopAtRefusal whether to throw a {@link cluster.ClusterFailure} when Kafka refuses to write a record
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
     * What to write now; it stays here until {@link #written}. No batch while it is better to wait for more. An empty
     * batch: there is nothing to write, but there may be offsets to commit.
     *
     * @param idle whether nothing more will come: then there is nothing to wait for
     */
    public Optional<List<Handled>> batch(boolean idle) {
        List<Handled> batch = all();
        long now = System.nanoTime();
        if (!idle && batch.size() < ENOUGH && now - lastTaken <= linger.toNanos()) {
            return Optional.empty();
        }
        lastTaken = now;
        return Optional.of(batch);
    }

    /**
     * All that may be written, in order: of partitions that this consumer still has, and neither refused nor behind a
     * refused record of the same key.
     */
    public List<Handled> all() {
        waiting.removeIf(Handled::isMoot);
        refused.dropMoot();
        if (refused.isEmpty()) {
            return List.copyOf(waiting);
        }
        Set<String> heldKeys = new HashSet<>(refused.keys());
        List<Handled> batch = new ArrayList<>();
        for (Iterator<Handled> each = waiting.iterator(); each.hasNext(); ) {
            Handled handled = each.next();
            if (heldKeys.contains(handled.key())) {
                continue;
            }
            if (refused.hold(handled)) {
                each.remove();
                heldKeys.add(handled.key());
                heldKeys.remove(null); // records without a key have no order
            } else {
                batch.add(handled);
            }
        }
        return batch;
    }

    /** A refused one whose turn has come to be tried again, in a batch of its own. */
    public Optional<List<Handled>> probe() {
        refused.dropMoot();
        return refused.due().map(List::of);
    }

    /**
     * Notes that the writes for these are acknowledged, or committed in a transaction: now their offsets may be
     * committed.
     */
    public void written(List<Handled> batch) {
        batch.forEach(handled -> handled.place().finish());
        report.written(batch);
        if (batch.equals(waiting) && refused.isEmpty()) { // nearly always
            waiting.clear();
        } else if (!batch.isEmpty()) {
            Set<Handled> written = new HashSet<>(batch);
            waiting.removeIf(written::contains);
            List<Handled> again = refused.written(written);
            again.forEach(handled -> handled.place().handled());
            waiting.addAll(0, again);
        }
    }

    /** Notes that Kafka refuses to write a record: it is tried again later. */
    void refuse(Handled handled, ProducerRecord<byte[], byte[]> record, Throwable cause) {
        refused.add(handled, record, cause);
        handled.place().refused();
        waiting.remove(handled);
    }
}
