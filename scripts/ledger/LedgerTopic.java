package ledger;

import cluster.ClusterFailure;
import cluster.TopicAdmin;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.TopicConfig;
import org.slf4j.Logger;

/**
 * The topic of outcomes, which is the ledger: compacted, so that the last outcome of every message stays, and
 * partitioned like the source topic, so that a partition of the ledger moves with its partition of the source.
 */
public final class LedgerTopic {
    private LedgerTopic() {
    }

    /**
     * Creates the source topic and the ledger's unless they exist, and warns if the ledger forgets too soon: it has to
     * remember a message for as long as a record of it may still turn up, from the source topic or by a replay.
     *
     * @param sourceTopic   as it is to be created; what is read is the one that exists
     * @param replayHorizon for how long after its record a dead letter may be replayed
     * @return how long the ledger remembers, in milliseconds; {@link Long#MAX_VALUE} is for ever
     * @throws ClusterFailure if it cannot be created, has fewer partitions than the source, or a right is missing
     */
    public static long prepare(TopicAdmin topics, NewTopic sourceTopic, String name, Duration replayHorizon,
            Logger log) {
        String source = sourceTopic.name();
        topics.createMissing(sourceTopic, AclOperation.READ, AclOperation.DESCRIBE_CONFIGS);
        int partitions = topics.partitions(source);
        long needed = sum(topics.retention(source), replayHorizon.toMillis());
        topics.createMissing(shape(name, partitions, needed), AclOperation.READ, AclOperation.WRITE,
                AclOperation.DESCRIBE_CONFIGS);
        if (topics.partitions(name) < partitions) {
            throw new ClusterFailure(ClusterFailure.Kind.REFUSED, "The ledger " + name + " has fewer partitions than "
                    + source + " (" + partitions + "), and an outcome goes to the partition of its record's number: "
                    + "add partitions to it.");
        }
        long remembered = topics.retention(name);
        if (remembered < needed) {
            log.warn("the ledger {} forgets after {}, but records are kept in {} and replayed for {} in all: one that "
                            + "is older than that is processed twice. Raise its retention.ms to {}, or lower "
                            + "--replay-horizon-days.", name, Duration.ofMillis(remembered), source, inWords(needed),
                    needed == Long.MAX_VALUE ? -1 : needed);
        }
        return remembered;
    }

    private static long sum(long retentionMs, long horizonMs) {
        return retentionMs > Long.MAX_VALUE - horizonMs ? Long.MAX_VALUE : retentionMs + horizonMs;
    }

    private static NewTopic shape(String name, int partitions, long retentionMs) {
        Map<String, String> config = retentionMs == Long.MAX_VALUE
                ? Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT)
                : Map.of(TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_COMPACT + "," + TopicConfig.CLEANUP_POLICY_DELETE,
                        TopicConfig.RETENTION_MS_CONFIG, String.valueOf(retentionMs));
        return new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(config);
    }

    private static String inWords(long ms) {
        return ms == Long.MAX_VALUE ? "ever" : Duration.ofMillis(ms).toString();
    }
}
