package cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** How far a consumer group has committed, on its way to given offsets. */
public final class GroupProgress {
    private final Cluster cluster;
    private final Admin admin;
    private final String group;
    private final Map<TopicPartition, Long> ends;

    /** @param ends for each partition an offset after the last record that counts */
    public GroupProgress(Cluster cluster, Admin admin, String group, Map<TopicPartition, Long> ends) {
        this.cluster = cluster;
        this.admin = admin;
        this.group = group;
        this.ends = Map.copyOf(ends);
    }

    /** The sum of the ends. */
    public long total() {
        return ends.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * The sum of the committed offsets, each at most its partition's end.
     *
     * @throws ClusterFailure if the cluster does not answer in time, or refuses
     */
    public long committed() {
        return total() - left().entrySet().stream().mapToLong(at -> ends.get(at.getKey()) - at.getValue()).sum();
    }

    /**
     * Whether all records are committed. The sum need not be the total then: a partition may end with the marker of a
     * transaction, with aborted records, or with records that retention has removed.
     *
     * @param reader finds out whether a record is left
     * @throws ClusterFailure as above
     */
    public boolean isComplete(TopicReader reader) {
        Map<TopicPartition, Long> left = left();
        Map<TopicPartition, Long> theirEnds = new HashMap<>(ends);
        theirEnds.keySet().retainAll(left.keySet());
        AtomicBoolean found = new AtomicBoolean();
        reader.read(left, theirEnds, found::get, record -> found.set(true));
        return !found.get();
    }

    /** The committed offsets of the partitions whose end is not committed. */
    private Map<TopicPartition, Long> left() {
        Map<TopicPartition, OffsetAndMetadata> offsets = AdminAnswers.get(cluster,
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        Map<TopicPartition, Long> left = new HashMap<>();
        ends.forEach((partition, end) -> {
            OffsetAndMetadata offset = offsets.get(partition);
            long committed = offset == null ? 0 : offset.offset();
            if (committed < end) {
                left.put(partition, committed);
            }
        });
        return left;
    }
}
