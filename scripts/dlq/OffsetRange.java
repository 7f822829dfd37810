package dlq;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * A range of offsets in each of some partitions.
 *
 * @param from the offset of the first record, by partition
 * @param ends the offset after the last one, of the same partitions
 */
public record OffsetRange(Map<TopicPartition, Long> from, Map<TopicPartition, Long> ends) {

    /** How many offsets there are in it, whether they have a record or not. */
    public long size() {
        return ends.entrySet().stream().mapToLong(end -> end.getValue() - from.get(end.getKey())).sum();
    }

    /** The first part of it, up to a position. */
    public OffsetRange upTo(Map<TopicPartition, Long> position) {
        return new OffsetRange(from, position);
    }
}
