package consumer;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;

/**
 * The uncommitted offsets of one partition, in order. They finish in any order; only those before the first unfinished
 * one may be committed. For the poll thread only.
 */
public final class OffsetQueue {
    private final ArrayDeque<Place> queue = new ArrayDeque<>();
    private final String topicId;
    private long bytes;

    OffsetQueue(String topicId) {
        this.topicId = topicId;
    }

    /** How far a record is, in this order; {@code REFUSED} goes back to {@code HANDLED}. */
    enum State { AT_WORK, HANDLED, REFUSED, FINISHED }

    /** The place of one record, and how far the record is. */
    public final class Place {
        private final long offset;
        private final Optional<Integer> leaderEpoch;
        private final int size;
        private final long receivedAt = System.nanoTime();
        private State state = State.AT_WORK;
        private boolean deadLetterWritten;

        private Place(ConsumerRecord<?, ?> record, int size) {
            this.offset = record.offset();
            this.leaderEpoch = record.leaderEpoch();
            this.size = size;
        }

        void handled() {
            state = State.HANDLED;
        }

        void refused() {
            state = State.REFUSED;
        }

        /** Notes that the record is finished: its outcome and dead letter are written. */
        void finish() {
            if (state != State.FINISHED) {
                state = State.FINISHED;
                bytes -= size; // the record itself is no longer needed
            }
        }

        void deadLetterWritten() {
            deadLetterWritten = true;
        }

        boolean isDeadLetterWritten() {
            return deadLetterWritten;
        }

        State state() {
            return state;
        }

        long offset() {
            return offset;
        }

        /** How long ago the record was polled. */
        long ageMs() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - receivedAt);
        }

        /** By {@link System#nanoTime()}. */
        long receivedAt() {
            return receivedAt;
        }

        /**
         * The leader epoch lets the next consumer notice that the partition was cut off (KIP-320), and the topic's id,
         * as metadata, that the topic is another one of the same name.
         */
        private OffsetAndMetadata toCommit(long offset) {
            return new OffsetAndMetadata(offset, leaderEpoch, topicId);
        }
    }

    /** @param size of the record, in bytes */
    public Place add(ConsumerRecord<?, ?> record, int size) {
        Place place = new Place(record, size);
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
    public Optional<OffsetAndMetadata> committable(Set<Place> soon) {
        Place last = null;
        for (Place place : queue) {
            if (place.state != State.FINISHED && !soon.contains(place)) {
                return Optional.of(last == null ? place.toCommit(place.offset) : last.toCommit(last.offset + 1));
            }
            last = place;
        }
        return Optional.ofNullable(last).map(place -> place.toCommit(place.offset + 1));
    }

    /** Removes what lies before an offset. */
    public void removeBefore(long offset) {
        while (!queue.isEmpty() && queue.peekFirst().offset < offset) {
            queue.removeFirst().finish();
        }
    }

    /** Whether the first record is finished, so that there is something new to commit. */
    public boolean moved() {
        return !queue.isEmpty() && queue.peekFirst().state == State.FINISHED;
    }

    public int size() {
        return queue.size();
    }

    /** Whether a record is at work, up to an offset. */
    boolean isAtWork(long upTo) {
        for (Place place : queue) {
            if (place.offset > upTo) {
                return false;
            }
            if (place.state == State.AT_WORK) {
                return true;
            }
        }
        return false;
    }

    /** The size of the records that are not finished. */
    public long bytes() {
        return bytes;
    }

    /** The first record, which holds up the commits of all others; null if there is none. */
    Place first() {
        return queue.peekFirst();
    }
}
