package cluster;

import cluster.ClusterFailure.Kind;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * One Kafka cluster: its address, and the settings that let a client in.
 *
 * @param bootstrapServers HOST:PORT, separated by commas
 * @param clientConfig     a file of client settings, such as security.protocol; null for none
 */
public record Cluster(String bootstrapServers, Path clientConfig) {
    static final String PLAINTEXT = "PLAINTEXT"; // Kafka's default, and how the name of what goes without TLS ends

    private static final int LONGEST_ANSWER = 60; // seconds

    /**
     * The settings every client starts from; a new object each time, to be added to.
     *
     * @throws ClusterFailure if the file of settings cannot be read
     */
    public Properties client(String clientId) {
        Properties settings = new Properties();
        if (clientConfig != null) {
            try (Reader file = Files.newBufferedReader(clientConfig)) {
                settings.load(file);
            } catch (IOException | IllegalArgumentException e) {
                throw new ClusterFailure(Kind.WRONG_SETTINGS, "--command-config " + clientConfig + " cannot be read ("
                        + e.getClass().getSimpleName() + "): give a readable file of K=V lines.", e);
            }
        }
        settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
        settings.put(AdminClientConfig.ENABLE_METRICS_PUSH_CONFIG, false); // no telemetry to those who run the cluster
        return settings;
    }

    /** @throws ClusterFailure if no client can be made with these settings */
    public Admin admin(String clientId) {
        try {
            return Admin.create(client(clientId));
        } catch (KafkaException e) {
            throw KafkaErrors.wrongSettings(this, e);
        }
    }

    /** The security.protocol of the settings, in upper case. */
    public String securityProtocol() {
        return client("").getProperty(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, PLAINTEXT).toUpperCase(Locale.ROOT);
    }

    /**
     * Waits for the answer to an admin request.
     *
     * @throws ClusterFailure if the cluster does not answer in time, or refuses
     */
    public <T> T ask(KafkaFuture<T> future) {
        try {
            return get(future);
        } catch (KafkaException e) {
            throw KafkaErrors.meaning(this, e);
        }
    }

    /** The same, for callers that handle some of Kafka's own exceptions. */
    static <T> T get(KafkaFuture<T> future) {
        try {
            return future.get(LONGEST_ANSWER, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        } catch (java.util.concurrent.TimeoutException e) {
            throw new TimeoutException(e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
