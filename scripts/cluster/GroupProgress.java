package cluster;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** How far a consumer group has committed, on its way to given offsets. */
public final class GroupProgress {
    private final Cluster cluster;
    private final Admin admin;
    private final String group;
    private final Map<TopicPartition, Long> ends;

    /** @param ends for each partition the offset after the last record that counts */
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
     * The sum of the committed offsets, each at most its partition's end: the total, once all is committed.
     *
     * @throws ClusterFailure if the cluster does not answer in time, or refuses
     */
    public long committed() {
        Map<TopicPartition, OffsetAndMetadata> offsets = AdminAnswers.get(cluster,
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        return ends.entrySet().stream().mapToLong(end -> {
            OffsetAndMetadata offset = offsets.get(end.getKey());
            return offset == null ? 0 : Math.min(offset.offset(), end.getValue());
        }).sum();
    }
}
