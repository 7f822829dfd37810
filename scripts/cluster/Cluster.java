package cluster;

import cluster.ClusterFailure.Kind;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;

/**
 * One Kafka cluster: its address, and the settings for its clients.
 *
 * @param bootstrapServers HOST:PORT, separated by commas
 * @param clientConfig     a file of client settings, such as security.protocol; null for none
 */
public record Cluster(String bootstrapServers, Path clientConfig) {
    static final String PLAINTEXT = "PLAINTEXT"; // Kafka's default; protocols without TLS end with it

    /**
     * The settings that every client starts with; a new object each time, so that callers can add to it.
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
        settings.put(AdminClientConfig.ENABLE_METRICS_PUSH_CONFIG, false); // send no telemetry to the cluster
        return settings;
    }

    /** The security.protocol of the settings, in upper case. */
    public String securityProtocol() {
        return client("").getProperty(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, PLAINTEXT).toUpperCase(Locale.ROOT);
    }
}
