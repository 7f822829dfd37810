package consumer;

import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The uncommitted offsets of one partition, in order. They finish in any order; only those before the first unfinished
 * one may be committed. For the poll thread only.
 */
public final class OffsetQueue {
    private final ArrayDeque<Place> queue = new ArrayDeque<>();
    private long bytes;

    /** The place of one record, and whether the record is finished. */
    public static final class Place {
        private final long offset;
        private final int bytes;
        private final long receivedAt = System.nanoTime();
        private boolean finished;

        private Place(long offset, int bytes) {
            this.offset = offset;
            this.bytes = bytes;
        }

        /** Notes that the record is finished: its outcome and dead letter are written. */
        void finish() {
            finished = true;
        }

        /** How long ago the record was polled. */
        long ageMs() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - receivedAt);
        }
    }

    /** @param size of the record, in bytes */
    public Place add(long offset, int size) {
        Place place = new Place(offset, size);
        queue.addLast(place);
        bytes += size;
        return place;
    }

    /**
     * The offset that may be committed: one past the last of the finished records at the head, or the first record's
     * own if that is not finished; empty if there are no records. Offsets have gaps (compaction, transaction markers).
     *
     * @param soon also counts as finished: what a transaction is about to write
     */
    public OptionalLong committable(Set<Place> soon) {
        OptionalLong offset = OptionalLong.empty();
        for (Place place : queue) {
            if (!place.finished && !soon.contains(place)) {
                return offset.isPresent() ? offset : OptionalLong.of(place.offset);
            }
            offset = OptionalLong.of(place.offset + 1);
        }
        return offset;
    }

    /** Removes what lies before a committed offset. */
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
