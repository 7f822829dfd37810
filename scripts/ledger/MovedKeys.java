package ledger;

import cluster.TopicReader;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether there are keys in the ledger whose next record comes to another partition. That is so once partitions were
 * added to the source topic: Kafka's default partitioner takes the hash of the key modulo their number. What was
 * written before is the oldest of its partition, and at least half of its keys have moved, so that the first records
 * show it; where nothing has moved, no more is read.
 */
final class MovedKeys {
    private static final Logger LOG = LoggerFactory.getLogger(MovedKeys.class);
    private static final int SAMPLE = 500;
    private static final int FETCH_BYTES = 256 * 1024; // about so many

    private final LedgerPart.Reading reading;
    private int lookedAt; // the number of partitions at the last look
    private boolean moved;
    private boolean warned;

    MovedKeys(LedgerPart.Reading reading) {
        this.reading = reading;
    }

    /** The partition to which Kafka's default partitioner sends a key; it is not public. */
    static int partition(byte[] key, int partitions) {
        return Utils.toPositive(Utils.murmur2(key)) % partitions;
    }

    /** @param partitions how many the source topic has; looks once for each number, then remembers what it saw */
    synchronized boolean areThere(TopicDescription ledger, int partitions) {
        if (partitions != lookedAt) {
            moved = false;
            look(ledger, partitions);
            lookedAt = partitions;
        }
        return moved;
    }

    private void look(TopicDescription ledger, int partitions) {
        Map<TopicPartition, Long> ends = reading.topics().ends(ledger.partitions().stream()
                .filter(one -> one.leader() != null) // the others can wait until something has moved
                .map(one -> new TopicPartition(ledger.name(), one.partition())).toList(),
                IsolationLevel.READ_COMMITTED);
        if (partitions == 1 || ends.values().stream().allMatch(end -> end == 0)) {
            return; // spares a new consumer group the reader
        }
        try (TopicReader reader = reading.open(FETCH_BYTES)) {
            reader.readFirst(SAMPLE, ends, record -> look(record, partitions));
        }
    }

    private void look(ConsumerRecord<byte[], byte[]> record, int partitions) {
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
