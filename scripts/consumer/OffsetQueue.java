package consumer;

import java.util.ArrayDeque;
import java.util.OptionalLong;

/**
 * The uncommitted offsets of one partition, in order. They finish in any order; what may be committed is what lies
 * before the first unfinished one. For the poll thread only.
 */
public final class OffsetQueue {
    private final ArrayDeque<Slot> queue = new ArrayDeque<>();
    private long bytes;

    /** The place of one record. */
    public static final class Slot {
        private final long offset;
        private final int bytes;
        private final long receivedAt = System.nanoTime();
        private boolean finished;

        private Slot(long offset, int bytes) {
            this.offset = offset;
            this.bytes = bytes;
        }

        /** Once all that its result calls for is written (or, in an aborted transaction, not). */
        public void finished(boolean finished) {
            this.finished = finished;
        }
    }

    public Slot add(long offset, int size) {
        Slot slot = new Slot(offset, size);
        queue.addLast(slot);
        bytes += size;
        return slot;
    }

    /**
     * The offset that may be committed: one past the last of the finished records at the head, or the first record's
     * own if that is not finished; empty if there are no records. Offsets have gaps (compaction, transaction markers).
     */
    public OptionalLong committable() {
        OptionalLong offset = OptionalLong.empty();
        for (Slot slot : queue) {
            if (!slot.finished) {
                return offset.isPresent() ? offset : OptionalLong.of(slot.offset);
            }
            offset = OptionalLong.of(slot.offset + 1);
        }
        return offset;
    }

    /** Forgets what lies before a committed offset. */
    public void committed(long offset) {
        while (!queue.isEmpty() && queue.peekFirst().offset < offset) {
            bytes -= queue.removeFirst().bytes;
        }
    }

    /** Whether the first record is finished, so that there is something new to commit. */
    public boolean moved() {
        return !queue.isEmpty() && queue.peekFirst().finished;
    }

    public int size() {
        return queue.size();
    }

    public long bytes() {
        return bytes;
    }

    /** When the first record came in, by {@link System#nanoTime()}; empty if there is none. */
    public OptionalLong oldest() {
        return queue.isEmpty() ? OptionalLong.empty() : OptionalLong.of(queue.peekFirst().receivedAt);
    }
}
