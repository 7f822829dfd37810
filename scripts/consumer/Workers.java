package consumer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import messages.UnreadableFailure;
import work.Processing;
import work.Result.DeadLettered;

/** Between the poll thread and the workers: workers take deliveries, and return them handled, in any order. */
public final class Workers<T> {
    private final LinkedBlockingQueue<Handled> done = new LinkedBlockingQueue<>(); // bounded by what is submitted
    private final Processing<T> processing;
    private final OutcomeRecords<T> records;
    private final boolean inOrder;

    /** @param inOrder whether records of one key are handled one after the other */
    public Workers(Processing<T> processing, OutcomeRecords<T> records, boolean inOrder) {
        this.processing = processing;
        this.records = records;
        this.inOrder = inOrder;
    }

    /** Never blocks: the caller bounds what it submits. */
    public void submit(Delivery delivery) {
        Object lane = !inOrder || delivery.key() == null ? delivery : delivery.key();
        processing.submit(lane, () -> done.add(handled(delivery)));
    }

    /**
     * On a worker's thread. Never throws, or the record would never be finished: if its outcome cannot be made, it
     * becomes a dead letter without an outcome.
     */
    private Handled handled(Delivery delivery) {
        OwnedPartition partition = delivery.partition();
        try {
            return records.of(delivery, processing.process(delivery.record(), partition.ledger(), partition.gate()));
        } catch (Throwable e) {
            return records.of(delivery, new DeadLettered<>(null, UnreadableFailure.unlessReadable(e), 1));
        }
    }

    /**
     * Takes all that the workers have returned.
     *
     * @param wait how long to wait for the first
     */
    public List<Handled> take(Duration wait) {
        List<Handled> taken = new ArrayList<>();
        try {
            Handled first = done.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
            if (first != null) {
                taken.add(first);
                done.drainTo(taken);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return taken;
    }
}
