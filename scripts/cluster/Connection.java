package cluster;

import cluster.ClusterFailure.Kind;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;

/** The first contact with a cluster, which may not be up yet. */
public final class Connection {
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private Connection() {
    }

    /**
     * Waits until Kafka answers, says in the log that it waits, and returns a client.
     *
     * @param attempts how often to try
     * @param interval the time between two attempts
     * @param onFailed is called after each attempt that failed
     * @throws ClusterFailure after the last attempt, or at once where waiting does not help
     */
    public static Admin open(Cluster cluster, String clientId, int attempts, Duration interval, Runnable onFailed,
            Logger log) {
        for (int attempt = 1; ; attempt++) {
            boolean listens = Probe.listens(cluster);
            Admin admin = listens ? answering(cluster, clientId) : null;
            if (admin != null) {
                return admin;
            }
            onFailed.run();
            if (attempt >= attempts) {
                String tries = attempt + (attempt == 1 ? " try" : " tries");
                throw new ClusterFailure(Kind.UNREACHABLE, listens
                        ? "What listens at " + cluster.bootstrapServers() + " did not answer as Kafka does in " + tries
                                + ": is it Kafka, and does it use security.protocol=" + cluster.securityProtocol()
                                + "?"
                        : "Kafka at " + cluster.bootstrapServers() + " cannot be reached after " + tries + ": start one"
                                + " (make broker), or give its address with --bootstrap-server.");
            }
            log.warn("Kafka at {} does not answer{}; attempt {} of {}, next in {} ms", cluster.bootstrapServers(),
                    attempt == 1 ? " (make broker starts one)" : "", attempt, attempts, interval.toMillis());
            try {
                Thread.sleep(interval);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
    }

    /** A client, or null if Kafka did not answer it in time. */
    private static Admin answering(Cluster cluster, String clientId) {
        Admin admin = admin(cluster, clientId);
        try {
            admin.describeCluster().clusterId().get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
            return admin;
        } catch (ExecutionException | TimeoutException e) {
            admin.close(Duration.ZERO);
            if (e.getCause() == null || e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException) {
                return null;
            }
            throw KafkaErrors.meaning(cluster, e.getCause());
        } catch (InterruptedException e) {
            admin.close(Duration.ZERO);
            throw new InterruptException(e);
        }
    }

    private static Admin admin(Cluster cluster, String clientId) {
        try {
            return Admin.create(cluster.client(clientId));
        } catch (KafkaException e) {
            throw KafkaErrors.wrongSettings(cluster, e);
        }
    }
}
