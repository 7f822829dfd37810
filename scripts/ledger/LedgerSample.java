package ledger;

import cluster.TopicReader;
import java.io.IOException;
import java.util.Map;
import java.util.stream.IntStream;
import messages.OutcomeFormat;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The oldest outcomes of all partitions of the ledger, which show two things:
 *
 * <ul>
 *   <li>Whether another group writes there, too. Of two groups that begin at once one is always the first, and its
 *       outcomes are the oldest: the other one finds them.
 *   <li>Whether there are keys whose next record comes to another partition. That is so once partitions were added to
 *       the source topic: Kafka's default partitioner takes the hash of the key modulo their number. What was written
 *       before is the oldest, and at least half of its keys have moved; where nothing has moved, no more is read.
 * </ul>
 */
final class LedgerSample {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerSample.class);
    private static final int RECORDS = 500; // of each partition
    private static final int FETCH_BYTES = 256 * 1024; // about so many

    private final LedgerPart.Reading reading;
    private int lookedAt; // the number of partitions at the last look
    private boolean empty = true;
    private boolean moved;
    private String foreign;
    private boolean warned;

    LedgerSample(LedgerPart.Reading reading) {
        this.reading = reading;
    }

    /** The partition to which Kafka's default partitioner sends a key; it is not public. */
    static int partition(byte[] key, int partitions) {
        return Utils.toPositive(Utils.murmur2(key)) % partitions;
    }

    /**
     * Looks until there is something to see, and then remembers what it saw.
     *
     * @param partitions how many the source topic has; looks again for another number
     */
    synchronized void look(TopicDescription ledger, int partitions) {
        if (empty || partitions != lookedAt) {
            read(ledger, partitions);
            lookedAt = partitions;
        }
    }

    /** Whether keys have moved. */
    synchronized boolean hasMovedKeys() {
        return moved;
    }

    /** What another group's outcome, or another topic's, is reported with; null if there is none. */
    synchronized String foreign() {
        return foreign;
    }

    private void read(TopicDescription ledger, int partitions) {
        moved = false;
        empty = true;
        Map<TopicPartition, Long> ends = reading.topics().ends(ledger.partitions().stream()
                .filter(one -> one.leader() != null) // the others can wait until something has moved
                .map(one -> new TopicPartition(ledger.name(), one.partition())).toList(),
                IsolationLevel.READ_COMMITTED);
        if (ends.values().stream().allMatch(end -> end == 0)) {
            return; // spares a new consumer group the reader
        }
        try (TopicReader reader = reading.open(FETCH_BYTES)) {
            reader.readFirst(RECORDS, ends, record -> {
                empty = false;
                lookAtGroup(record);
                lookAtKey(record, partitions);
            });
        }
    }

    private void lookAtGroup(ConsumerRecord<byte[], byte[]> record) {
        try {
            OutcomeFormat.Entry outcome = record.value() == null ? null : reading.format().read(record.value());
            if (foreign == null && outcome != null) {
                foreign = reading.foreign(record, outcome);
            }
        } catch (IOException | RuntimeException e) { // of the format
            LOG.debug("{}-{}@{} is not an outcome", record.topic(), record.partition(), record.offset(), e);
        }
    }

    private void lookAtKey(ConsumerRecord<byte[], byte[]> record, int partitions) {
        if (record.key() == null) {
            return;
        }
        moved |= partition(record.key(), partitions) != record.partition();
        if (!warned && IntStream.rangeClosed(1, partitions)
                .noneMatch(before -> partition(record.key(), before) == record.partition())) {
            warned = true;
            LOG.warn("{}-{} has keys that Kafka's default partitioner sends elsewhere: a message that comes by two "
                    + "partitioners, or with a key that is not its id, comes to two partitions and may be processed "
                    + "in both. Send it again as it was sent first.", record.topic(), record.partition());
        }
    }
}
