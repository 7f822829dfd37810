package orders;

import java.util.ArrayDeque;
import java.util.OptionalLong;

/**
 * The records of one partition that are not yet committed, in offset order. They finish in any order; what may be
 * committed is what lies before the first unfinished one. For the poll thread only.
 */
public final class OffsetQueue {
    private final ArrayDeque<Delivery> queue = new ArrayDeque<>();
    private long bytes;

    public void add(Delivery delivery) {
        queue.addLast(delivery);
        bytes += delivery.bytes();
    }

    /**
     * The offset that may be committed: one past the last of the finished records at the head, or the first record's
     * own if that is not finished; empty if there are no records. Offsets have gaps (compaction, transaction markers),
     * so that the next record may well stand further on.
     */
    public OptionalLong committable() {
        OptionalLong offset = OptionalLong.empty();
        for (Delivery delivery : queue) {
            if (!delivery.finished()) {
                return offset.isPresent() ? offset : OptionalLong.of(delivery.record().offset());
            }
            offset = OptionalLong.of(delivery.record().offset() + 1);
        }
        return offset;
    }

    /** Forgets what lies before a committed offset. */
    public void committed(long offset) {
        while (!queue.isEmpty() && queue.peekFirst().record().offset() < offset) {
            bytes -= queue.removeFirst().bytes();
        }
    }

    /** Whether the first record is finished, so that there is something new to commit. */
    public boolean moved() {
        return !queue.isEmpty() && queue.peekFirst().finished();
    }

    public int size() {
        return queue.size();
    }

    public long bytes() {
        return bytes;
    }

    /** When the first record came in, by {@link System#nanoTime()}; empty if there is none. */
    public OptionalLong oldest() {
        return queue.isEmpty() ? OptionalLong.empty() : OptionalLong.of(queue.peekFirst().receivedAt());
    }
}
