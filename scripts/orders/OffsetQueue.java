package orders;

import java.util.ArrayDeque;
import java.util.OptionalLong;

/**
 * The records of one partition that are not yet committed, in offset order. They finish in any order; committed is what
 * lies before the first unfinished one. For the poll thread only.
 */
public final class OffsetQueue {
    private final ArrayDeque<Delivery> queue = new ArrayDeque<>();
    private long position = -1;

    public void add(Delivery delivery) {
        queue.addLast(delivery);
    }

    /**
     * Takes the finished records from the head.
     *
     * @return the offset to commit, one past the last record taken, or empty if none was. Offsets have gaps
     * (compaction, transaction markers), so that the next record may well stand further on.
     */
    public OptionalLong takeFinished() {
        boolean moved = false;
        while (!queue.isEmpty() && queue.peekFirst().finished()) {
            position = queue.removeFirst().record().offset() + 1;
            moved = true;
        }
        return moved ? OptionalLong.of(position) : OptionalLong.empty();
    }

    public int size() {
        return queue.size();
    }
}
