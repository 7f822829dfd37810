package consumer;

import consumer.Report.HeldBack;
import consumer.Report.HeldBack.Reason;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records whose checksum is wrong: the disk or the network has changed them. The client throws the same exception at
 * each poll until the position is changed. Here its partition waits, and is fetched again now and then, from a replica
 * that may be sound; the others flow. Or the records are skipped. For the poll thread only.
 */
final class CorruptRecords {
    private static final Logger LOG = LoggerFactory.getLogger(CorruptRecords.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final Consumer<?, ?> consumer;
    private final boolean skip;
    private final Report report;
    private final Map<TopicPartition, Place> places = new HashMap<>();

    private static final class Place {
        private final long since = System.nanoTime();
        private final long first;
        private long next;
        private Duration pause = FIRST_PAUSE;
        private long retryAt;

        private Place(long first) {
            this.first = first;
            this.next = first;
        }
    }

    /** @param skip whether to skip them */
    CorruptRecords(Consumer<?, ?> consumer, boolean skip, Report report) {
        this.consumer = consumer;
        this.skip = skip;
        this.report = report;
    }

    /** @throws KafkaException the given one, if it is of another kind: the client has no type for this kind */
    void meet(KafkaException e) {
        TopicPartition partition = consumer.assignment().stream()
                .filter(one -> String.valueOf(e.getMessage()).contains("the next record from " + one + ".")
                        || String.valueOf(e.getMessage()).endsWith("for topic-partition " + one))
                .findFirst().orElseThrow(() -> e);
        long offset = consumer.position(partition);
        Place place = places.compute(partition, (p, known) -> known == null || known.next != offset
                ? new Place(offset) : known);
        String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
        if (skip) {
            if (offset == place.first) {
                LOG.error("{} is corrupt at offset {}, and is skipped (--skip-corrupt): {}", partition, offset, why);
            }
            report.gone(1);
            place.next = offset + 1; // where its batch ends is not known: again, until the next one
            consumer.seek(partition, place.next);
        } else {
            LOG.error("{} is corrupt at offset {}: {} It waits, and is fetched again in {} s; --skip-corrupt skips "
                    + "what is corrupt.", partition, offset, why, place.pause.toSeconds());
            place.retryAt = System.nanoTime() + place.pause.toNanos();
            place.pause = place.pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? place.pause.multipliedBy(2)
                    : LONGEST_PAUSE;
        }
    }

    /** Notes that records came from a partition. */
    void passed(TopicPartition partition) {
        Place place = places.isEmpty() ? null : places.remove(partition);
        if (place != null) {
            LOG.warn("{} goes on after offset {}, at which it was corrupt{}", partition, place.first, place.next
                    == place.first ? "" : "; " + (place.next - place.first) + " records at most were skipped");
        }
    }

    /** Notes that the position of a partition is another one. */
    void forget(TopicPartition partition) {
        places.remove(partition);
    }

    /** Whether a partition has to wait; if its time is over, it is fetched again. */
    boolean mustWait(TopicPartition partition) {
        Place place = places.isEmpty() || skip ? null : places.get(partition);
        if (place == null) {
            return false;
        }
        if (System.nanoTime() - place.retryAt > 0) {
            place.retryAt = System.nanoTime() + place.pause.toNanos();
            consumer.seek(partition, place.first); // drops what was fetched
            return false;
        }
        return true;
    }

    /** What is wrong at the next record of a partition; null if nothing is. */
    HeldBack at(TopicPartition partition) {
        Place place = places.isEmpty() || skip ? null : places.get(partition);
        return place == null ? null : HeldBack.at(place.first, Reason.CORRUPT, place.since);
    }
}
