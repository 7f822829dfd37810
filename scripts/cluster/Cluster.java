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
 * One Kafka cluster: its address, and the settings that let a client in.
 *
 * @param bootstrapServers HOST:PORT, separated by commas
 * @param clientConfig     a file of client settings, such as security.protocol; null for none
 */
public record Cluster(String bootstrapServers, Path clientConfig) {
    static final String PLAINTEXT = "PLAINTEXT"; // Kafka's default, and how the name of what goes without TLS ends

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

    /** The security.protocol of the settings, in upper case. */
    public String securityProtocol() {
        return client("").getProperty(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, PLAINTEXT).toUpperCase(Locale.ROOT);
    }
}
