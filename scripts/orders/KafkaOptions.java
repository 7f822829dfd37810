package orders;

import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import picocli.CommandLine.Option;

/**
 * Which Kafka to use and how to get in: {@code --bootstrap-server} and {@code --command-config}, as Kafka's own tools
 * have them, so that TLS and SASL work; and how long to wait for it at the start.
 */
public final class KafkaOptions {
    private static final Duration PROBE = Duration.ofSeconds(5);
    private static final Duration KNOWN = Duration.ofSeconds(30);

    @Option(names = "--bootstrap-server", defaultValue = "localhost:9092", paramLabel = "HOST:PORT[,...]",
            description = "The Kafka to use (default: ${DEFAULT-VALUE}).")
    private String bootstrapServer;

    @Option(names = "--command-config", paramLabel = "FILE",
            description = "A file of client settings, such as security.protocol.")
    private Path commandConfig;

    @Option(names = "--connect-attempts", defaultValue = "10", paramLabel = "N",
            description = "How often to try to reach Kafka at the start (default: ${DEFAULT-VALUE}).")
    private int connectAttempts;

    @Option(names = "--connect-interval-ms", defaultValue = "5000", paramLabel = "MS",
            description = "How long to wait between two tries (default: ${DEFAULT-VALUE}).")
    private int connectIntervalMs;

    public String bootstrapServer() {
        return bootstrapServer;
    }

    /** The settings every client of a script starts from; a new object each time, to be added to. */
    public Properties client(String clientId) {
        Properties settings = new Properties();
        if (commandConfig != null) {
            try (Reader file = Files.newBufferedReader(commandConfig)) {
                settings.load(file);
            } catch (IOException | IllegalArgumentException e) {
                throw new Script.Failure(Script.USAGE, "--command-config " + commandConfig + " cannot be read ("
                        + e.getClass().getSimpleName() + "): give a readable file of K=V lines.", e);
            }
        }
        settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServer);
        settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
        settings.put(AdminClientConfig.ENABLE_METRICS_PUSH_CONFIG, false); // no telemetry to whoever runs the cluster
        return settings;
    }

    /**
     * Waits until Kafka answers, saying so, and returns a client for it.
     *
     * @throws Script.Failure once all attempts are used up, or at once where waiting does not help
     */
    public Admin connect(String clientId, Logger log) {
        for (int attempt = 1; ; attempt++) {
            if (listening()) {
                Admin admin = Admin.create(client(clientId));
                try {
                    admin.describeCluster().clusterId().get(PROBE.toMillis(), TimeUnit.MILLISECONDS);
                    return admin;
                } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
                    admin.close(Duration.ZERO);
                    if (!(e.getCause() instanceof TimeoutException || e.getCause() == null)) {
                        throw failure(e.getCause());
                    }
                } catch (InterruptedException e) {
                    admin.close(Duration.ZERO);
                    throw interrupted(e);
                }
            }
            if (attempt >= connectAttempts) {
                throw new Script.Failure(
                        Script.NO_BROKER,
                        "Kafka at " + bootstrapServer + " cannot be reached after "
                                + attempt + (attempt == 1 ? " try" : " tries")
                                + ": start one (jbang KafkaBroker.java), or give "
                                + "its address with --bootstrap-server.",
                        null);
            }
            log.warn("Kafka at {} does not answer; attempt {} of {}, next in {} ms",
                    bootstrapServer, attempt, connectAttempts, connectIntervalMs);
            try {
                Thread.sleep(connectIntervalMs);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    /** A plain TCP probe, since Kafka's clients log a warning a second while nobody listens. */
    private boolean listening() {
        return Arrays.stream(bootstrapServer.split(",")).map(String::strip).anyMatch(address -> {
            int colon = address.lastIndexOf(':');
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address.substring(0, colon).replaceAll("[\\[\\]]", ""),
                        Integer.parseInt(address.substring(colon + 1))), (int) PROBE.toMillis());
                return true;
            } catch (IOException e) {
                return false;
            } catch (RuntimeException e) {
                throw new Script.Failure(Script.USAGE, "--bootstrap-server " + address + " is no address: give "
                        + "HOST:PORT, several parted by commas.", e);
            }
        });
    }

    /** Creates those of the topics that are not there, and waits until the brokers know of them. */
    public void createMissing(Admin admin, NewTopic... topics) {
        Set<String> there = new HashSet<>(ask(admin.listTopics().names()));
        for (NewTopic topic : topics) {
            if (!there.contains(topic.name())) {
                try {
                    ask(admin.createTopics(Set.of(topic)).all());
                } catch (TopicExistsException e) {
                    // another script was faster
                }
                awaitKnown(admin, topic.name());
            }
        }
    }

    /**
     * The controller has made the topic when it answers; the broker that is asked next may learn of it a moment later.
     */
    private void awaitKnown(Admin admin, String topic) {
        long deadline = System.nanoTime() + KNOWN.toNanos();
        while (!ask(admin.listTopics().names()).contains(topic)) {
            if (System.nanoTime() > deadline) {
                throw new Script.Failure("Kafka at " + bootstrapServer + " has created the topic " + topic
                        + " but does not list it after " + KNOWN.toSeconds() + " s: look at its log.");
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    /** How many partitions a topic has. */
    public int partitions(Admin admin, String topic) {
        return ask(admin.describeTopics(Set.of(topic)).allTopicNames()).get(topic).partitions().size();
    }

    /** For how long a topic keeps its records, in milliseconds; {@link Long#MAX_VALUE} is for ever. */
    public long retention(Admin admin, String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = ask(admin.describeConfigs(Set.of(resource)).all()).get(resource);
        long ms = Long.parseLong(config.get(TopicConfig.RETENTION_MS_CONFIG).value());
        String policy = config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value();
        return ms >= 0 && policy.contains(TopicConfig.CLEANUP_POLICY_DELETE) ? ms : Long.MAX_VALUE;
    }

    /**
     * Waits for an answer of Kafka's; its failure becomes one sentence, or is thrown as it is where code handles it.
     */
    public <T> T ask(KafkaFuture<T> future) {
        try {
            return future.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException exists) {
                throw exists;
            }
            throw failure(e.getCause());
        } catch (java.util.concurrent.TimeoutException e) {
            throw failure(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** What a failure of Kafka's means for the user. */
    public Script.Failure failure(Throwable e) {
        if (e.getCause() instanceof Script.Failure failure) { // ours, thrown in a callback of Kafka's
            return failure;
        }
        String who = "Kafka at " + bootstrapServer;
        if (e instanceof AuthenticationException || e instanceof AuthorizationException) {
            return new Script.Failure(Script.FAILED, who + " refuses: " + e.getMessage() + " Give the credentials and "
                    + "rights it asks for in --command-config.", e);
        }
        if (e instanceof TimeoutException || e instanceof java.util.concurrent.TimeoutException) {
            return new Script.Failure(Script.NO_BROKER, who + " did not answer in time: is it running, and is the "
                    + "security.protocol in --command-config right?", e);
        }
        return new Script.Failure(Script.FAILED, who + " says: " + e.getMessage(), e);
    }

    private static KafkaException interrupted(InterruptedException e) {
        return new InterruptException(e);
    }
}
