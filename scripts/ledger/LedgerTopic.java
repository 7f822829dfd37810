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
 * The topic of outcomes, which is the ledger: compacted, so that Kafka keeps the last outcome of every message, and
 * with as many partitions as the source topic, so that each partition has its own part of the ledger.
 */
public final class LedgerTopic {
    private LedgerTopic() {
    }

    /**
     * Creates the source topic and the ledger's unless they exist, and warns if the ledger forgets too soon: it has to
     * remember a message for as long as a record of it may still arrive, from the source topic or by a replay.
     *
     * @param sourceTopic   how to create it; one that exists is used as it is
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
                    + source + " (" + partitions + "), but an outcome goes to the partition with the same number as "
                    + "its record: add partitions to the ledger.");
        }
        long remembered = topics.retention(name);
        if (remembered < needed) {
            log.warn("the ledger {} remembers for {} only, but records may come from {} or from a replay for {}: a "
                    + "duplicate that comes too late is processed again. Raise the ledger's retention.ms to {}, or "
                    + "lower --replay-horizon-days.", name, Duration.ofMillis(remembered), source, inWords(needed),
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
