package cli;

import cluster.Cluster;
import cluster.ClusterFailure;
import cluster.Connection;
import cluster.KafkaErrors;
import cluster.TopicAdmin;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Which Kafka to use and how to log in, with {@code --bootstrap-server} and {@code --command-config} as in Kafka's own
 * tools, so that TLS and SASL work; and how long to wait for Kafka at the start.
 */
@Command(optionListHeading = "Kafka:%n")
public final class KafkaOptions {
    private static final String DEFAULT_BOOTSTRAP_SERVER = "localhost:9092";
    private static final String DEFAULT_CONNECT_ATTEMPTS = "10";
    private static final String DEFAULT_CONNECT_INTERVAL_MS = "5000";

    @Option(names = "--bootstrap-server", defaultValue = DEFAULT_BOOTSTRAP_SERVER, paramLabel = "HOST:PORT[,...]",
            description = "The Kafka to use (default: ${DEFAULT-VALUE}).")
    private String bootstrapServer;

    @Option(names = "--command-config", paramLabel = "FILE",
            description = "A file of client settings, such as security.protocol.")
    private Path commandConfig;

    @Option(names = "--connect-attempts", defaultValue = DEFAULT_CONNECT_ATTEMPTS, paramLabel = "N",
            description = "How often to try to reach Kafka at the start (default: ${DEFAULT-VALUE}).")
    private int connectAttempts;

    @Option(names = "--connect-interval-ms", defaultValue = DEFAULT_CONNECT_INTERVAL_MS, paramLabel = "MS",
            description = "How long to wait between two tries (default: ${DEFAULT-VALUE}).")
    private int connectIntervalMs;

    public Cluster cluster() {
        return new Cluster(bootstrapServer, commandConfig);
    }

    /**
     * The settings that every client of a script starts with; a new object each time, so that callers can add to it.
     */
    public Properties client(String clientId) {
        return cluster().client(clientId);
    }

    /**
     * Waits until Kafka answers, logs that it waits, and returns a client. Ctrl-C and SIGTERM end the wait at once.
     *
     * @throws ClusterFailure after the last attempt, or at once where waiting does not help
     */
    public Admin connect(String clientId, Logger log) {
        return connect(clientId, () -> { }, log);
    }

    /** @param onFailed is called after each attempt that failed */
    public Admin connect(String clientId, Runnable onFailed, Logger log) {
        return Script.Shutdown.whileNothingIsOpen(() -> Connection.open(cluster(), clientId, connectAttempts,
                Duration.ofMillis(connectIntervalMs), onFailed, log));
    }

    public TopicAdmin topics(Admin admin) {
        return new TopicAdmin(cluster(), admin);
    }

    /** What an exception from Kafka means, in one sentence. */
    public ClusterFailure failure(Throwable e) {
        return KafkaErrors.meaning(cluster(), e);
    }
}
