package cluster;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;

/** The cluster's feature {@code transaction.version}: from 2 on a request belongs to one transaction only (KIP-890). */
public final class TransactionVersion {
    private static final String FEATURE = "transaction.version";
    private static final int SAFE = 2;

    private TransactionVersion() {
    }

    /** Warns if the version is too low. If the cluster does not say which it has, there is nothing to warn of. */
    public static void check(Cluster cluster, Admin admin, Logger log) {
        int version;
        try {
            version = version(AdminAnswers.get(admin.describeFeatures().featureMetadata(), AdminAnswers.LONGEST_WAIT));
        } catch (KafkaException e) {
            log.debug("the {} of Kafka at {} is unknown: {}", FEATURE, cluster.bootstrapServers(), e.getMessage());
            return;
        }
        if (version < SAFE) {
            log.warn("Kafka at {} has {} {}: a write that arrives late, after its transaction was aborted, can be "
                    + "committed with the next one. Raise it to {} (kafka-features.sh upgrade --feature {}={}).",
                    cluster.bootstrapServers(), FEATURE, version, SAFE, FEATURE, SAFE);
        }
    }

    private static int version(FeatureMetadata features) {
        FinalizedVersionRange range = features.finalizedFeatures().get(FEATURE);
        return range == null ? 0 : range.maxVersionLevel();
    }
}
