package ledger;

import cluster.ClusterFailure;
import cluster.TopicAdmin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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
    private static final String UNLIMITED = "-1";

    private final TopicAdmin topics;
    private final String source;
    private final String name;
    private final Duration replayHorizon;
    private final Logger log;
    private List<String> warned = List.of(); // guarded by this

    private LedgerTopic(TopicAdmin topics, String source, String name, Duration replayHorizon, Logger log) {
        this.topics = topics;
        this.source = source;
        this.name = name;
        this.replayHorizon = replayHorizon;
        this.log = log;
    }

    /**
     * Creates the source topic and the ledger's unless they exist, and warns if the ledger forgets too soon: it has to
     * remember a message for as long as a record of it may still arrive, from the source topic or by a replay.
     *
     * @param sourceTopic   how to create it; one that exists is used as it is
     * @param replayHorizon for how long after its record a dead letter may be replayed
     * @throws ClusterFailure if it cannot be created, has fewer partitions than the source, or a right is missing
     */
    public static LedgerTopic prepare(TopicAdmin topics, NewTopic sourceTopic, String name, Duration replayHorizon,
            Logger log) {
        String source = sourceTopic.name();
        topics.createMissing(sourceTopic, AclOperation.READ, AclOperation.DESCRIBE_CONFIGS);
        int partitions = topics.partitions(source);
        LedgerTopic ledger = new LedgerTopic(topics, source, name, replayHorizon, log);
        topics.createMissing(shape(name, partitions, ledger.needed(topics.settings(source))), AclOperation.READ,
                AclOperation.WRITE, AclOperation.DESCRIBE_CONFIGS);
        if (topics.partitions(name) < partitions) {
            throw new ClusterFailure(ClusterFailure.Kind.REFUSED, "The ledger " + name + " has fewer partitions than "
                    + source + " (" + partitions + "), but an outcome goes to the partition with the same number as "
                    + "its record: add partitions to the ledger.");
        }
        ledger.remembers(topics);
        return ledger;
    }

    String name() {
        return name;
    }

    String source() {
        return source;
    }

    TopicAdmin topics() {
        return topics;
    }

    /**
     * Looks at the ledger's settings, and warns about what is wrong with them, unless it has done so and they have not
     * changed.
     *
     * @return for how long it remembers, in milliseconds; {@link Long#MAX_VALUE} is for ever
     */
    long remembers(TopicAdmin topics) {
        Map<String, String> orders = topics.settings(source);
        Map<String, String> ledger = topics.settings(name);
        long needed = needed(orders);
        long remembered = retention(ledger);
        List<String> faults = new ArrayList<>();
        if (remembered < needed) {
            faults.add("remembers for " + inWords(remembered) + " only, but records may come from " + source
                    + " or from a replay for " + inWords(needed) + ": a duplicate that comes too late is processed "
                    + "again. Raise the ledger's retention.ms to " + (needed == Long.MAX_VALUE ? -1 : needed)
                    + ", or lower --replay-horizon-days.");
        }
        if (!has(ledger, TopicConfig.CLEANUP_POLICY_COMPACT)) {
            faults.add("has the cleanup.policy " + ledger.get(TopicConfig.CLEANUP_POLICY_CONFIG) + ": it keeps every "
                    + "outcome of a message, not the last, and takes longer to read back. Add compact to it.");
        }
        String bytes = ledger.get(TopicConfig.RETENTION_BYTES_CONFIG);
        if (has(ledger, TopicConfig.CLEANUP_POLICY_DELETE) && Long.parseLong(bytes) >= 0) {
            faults.add("forgets what exceeds " + bytes + " bytes in a partition, however young it is: a duplicate of "
                    + "that is processed again. Set the ledger's retention.bytes to " + UNLIMITED + ".");
        }
        if (inSync(ledger) < inSync(orders)) {
            faults.add("has min.insync.replicas=" + inSync(ledger) + ", and " + source + " has " + inSync(orders)
                    + ": a broker that is lost may take outcomes with it whose orders stay. Raise the ledger's.");
        }
        warn(faults);
        return remembered;
    }

    private synchronized void warn(List<String> faults) {
        faults.stream().filter(fault -> !warned.contains(fault)).forEach(fault -> log.warn("the ledger {} {}", name,
                fault));
        warned = faults;
    }

    private long needed(Map<String, String> settings) {
        long retention = retention(settings);
        return retention > Long.MAX_VALUE - replayHorizon.toMillis() ? Long.MAX_VALUE
                : retention + replayHorizon.toMillis();
    }

    /** For how long a topic keeps its records, in milliseconds. */
    private static long retention(Map<String, String> settings) {
        long ms = Long.parseLong(settings.get(TopicConfig.RETENTION_MS_CONFIG));
        return ms >= 0 && has(settings, TopicConfig.CLEANUP_POLICY_DELETE) ? ms : Long.MAX_VALUE;
    }

    private static boolean has(Map<String, String> settings, String policy) {
        return settings.get(TopicConfig.CLEANUP_POLICY_CONFIG).contains(policy);
    }

    private static int inSync(Map<String, String> settings) {
        return Integer.parseInt(settings.get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG));
    }

    private static NewTopic shape(String name, int partitions, long retentionMs) {
        Map<String, String> config = new HashMap<>();
        config.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        if (retentionMs != Long.MAX_VALUE) {
            config.put(TopicConfig.CLEANUP_POLICY_CONFIG,
                    TopicConfig.CLEANUP_POLICY_COMPACT + "," + TopicConfig.CLEANUP_POLICY_DELETE);
            config.put(TopicConfig.RETENTION_MS_CONFIG, String.valueOf(retentionMs));
        }
        config.put(TopicConfig.RETENTION_BYTES_CONFIG, UNLIMITED); // the broker's own may be less
        return new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(config);
    }

    private static String inWords(long ms) {
        return ms == Long.MAX_VALUE ? "ever" : Duration.ofMillis(ms).toString();
    }
}
