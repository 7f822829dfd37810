package cluster;

import cli.Script;
import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.slf4j.Logger;
import picocli.CommandLine.Option;

/**
 * Which Kafka to use and how to get in: {@code --bootstrap-server} and {@code --command-config}, as Kafka's own tools
 * have them, so that TLS and SASL work; and how long to wait for it at the start.
 */
public final class KafkaOptions {
    private static final Duration PROBE = Duration.ofSeconds(5);
    private static final Duration KNOWN = Duration.ofSeconds(30);
    private static final String PLAINTEXT = "PLAINTEXT"; // the default, and how what goes without TLS ends

    /** The request that every Kafka answers, to anybody: which versions it speaks, from a client without a name. */
    private static final byte[] API_VERSIONS = ByteBuffer.allocate(14)
            .putInt(10).putShort(ApiKeys.API_VERSIONS.id).putShort((short) 0).putInt(0).putShort((short) -1).array();
    private static final int TLS_ALERT = 21; // RFC 8446, 5.1

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
            boolean listening = listening();
            if (listening) {
                Admin admin = admin(clientId);
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
                String tries = attempt + (attempt == 1 ? " try" : " tries");
                throw new Script.Failure(Script.NO_BROKER, listening
                        ? "What listens at " + bootstrapServer + " did not answer as Kafka does in " + tries + ": is "
                                + "it Kafka, and does it speak security.protocol=" + securityProtocol() + "?"
                        : "Kafka at " + bootstrapServer + " cannot be reached after " + tries + ": start one (jbang "
                                + "KafkaBroker.java), or give its address with --bootstrap-server.", null);
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

    private Admin admin(String clientId) {
        try {
            return Admin.create(client(clientId));
        } catch (KafkaException e) {
            throw wrongSettings(e);
        }
    }

    private String securityProtocol() {
        return client("").getProperty(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, PLAINTEXT).toUpperCase(Locale.ROOT);
    }

    /** A plain TCP probe: it knows at once what Kafka's clients find out only when their time is up. */
    private boolean listening() {
        boolean withoutTls = securityProtocol().endsWith(PLAINTEXT);
        return Arrays.stream(bootstrapServer.split(",")).map(String::strip).anyMatch(address -> {
            int colon = address.lastIndexOf(':');
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address.substring(0, colon).replaceAll("[\\[\\]]", ""),
                        Integer.parseInt(address.substring(colon + 1))), (int) PROBE.toMillis());
                if (withoutTls && answersInTls(socket)) {
                    throw new Script.Failure("Kafka at " + address + " speaks TLS: give security.protocol=SASL_SSL or "
                            + "SSL, and what else it asks for, in --command-config.");
                }
                return true;
            } catch (IOException e) {
                return false;
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new Script.Failure(Script.USAGE, "--bootstrap-server " + address + " is no address: give "
                        + "HOST:PORT, several parted by commas.", e);
            }
        });
    }

    /** A client of Kafka's without TLS would take the alert for the length of an answer, and make room for 352 MB. */
    private static boolean answersInTls(Socket socket) throws IOException {
        socket.setSoTimeout((int) PROBE.toMillis());
        socket.getOutputStream().write(API_VERSIONS);
        return socket.getInputStream().read() == TLS_ALERT;
    }

    /**
     * Creates the topic unless it is there, and waits until the brokers know of it.
     *
     * @param rights as in {@link #require}
     */
    public void createMissing(Admin admin, NewTopic topic, AclOperation... rights) {
        check(describe(admin, topic.name(), rights).orElseGet(() -> create(admin, topic)), rights);
    }

    /**
     * Checks that the topic is there, and that the user has certain rights on it: said now, it is one sentence. Kafka
     * tells everybody who may see a topic what else they may do with it, so that to ask takes no further right.
     */
    public void require(Admin admin, String topic, AclOperation... rights) {
        check(describe(admin, topic, rights).orElseThrow(() -> new Script.Failure("There is no topic " + topic + " at "
                + bootstrapServer + ": give the name of one that is there.")), rights);
    }

    private void check(TopicDescription topic, AclOperation... rights) {
        Set<AclOperation> granted = topic.authorizedOperations(); // null where Kafka does not tell
        String missing = names(Arrays.stream(rights).filter(right -> granted != null && !granted.contains(right)));
        if (!missing.isEmpty()) {
            throw new Script.Failure("This user lacks " + missing + " on the topic " + topic.name() + " at "
                    + bootstrapServer + ": ask for that right, or give another user in --command-config.");
        }
    }

    /**
     * The controller has made the topic when it answers; the broker that is asked next may learn of it a moment later.
     */
    private TopicDescription create(Admin admin, NewTopic topic) {
        try {
            get(admin.createTopics(Set.of(topic)).all());
        } catch (TopicExistsException e) {
            // another script was faster
        } catch (TopicAuthorizationException e) {
            throw new Script.Failure(Script.FAILED, "There is no topic " + topic.name() + " at " + bootstrapServer
                    + ", and this user may not create it: have it created, or ask for CREATE on it.", e);
        } catch (KafkaException e) {
            throw failure(e);
        }
        for (long deadline = System.nanoTime() + KNOWN.toNanos(); System.nanoTime() < deadline; ) {
            Optional<TopicDescription> known = describe(admin, topic.name());
            if (known.isPresent()) {
                return known.get();
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
        throw new Script.Failure("Kafka at " + bootstrapServer + " has created the topic " + topic.name()
                + " but does not know it after " + KNOWN.toSeconds() + " s: look at its log.");
    }

    /** How many partitions a topic has. */
    public int partitions(Admin admin, String topic) {
        return ask(admin.describeTopics(Set.of(topic)).allTopicNames()).get(topic).partitions().size();
    }

    /** Empty if there is no such topic. Kafka does not tell those who may not see a topic whether there is one. */
    private Optional<TopicDescription> describe(Admin admin, String topic, AclOperation... rights) {
        try {
            return Optional.of(get(admin.describeTopics(Set.of(topic),
                    new DescribeTopicsOptions().includeAuthorizedOperations(true)).allTopicNames()).get(topic));
        } catch (UnknownTopicOrPartitionException | InvalidTopicException e) {
            return Optional.empty();
        } catch (TopicAuthorizationException e) {
            String toSeeIt = rights.length > 0 ? names(Arrays.stream(rights)) : "DESCRIBE, READ or WRITE";
            throw new Script.Failure(Script.FAILED, "There is no topic " + topic + " at " + bootstrapServer + ", or "
                    + "this user may not see it: check the name, or ask for " + toSeeIt + " on it.", e);
        } catch (KafkaException e) {
            throw failure(e);
        }
    }

    private static String names(Stream<AclOperation> rights) {
        return rights.map(AclOperation::name).collect(Collectors.joining(" and "));
    }

    /** For how long a topic keeps its records, in milliseconds; {@link Long#MAX_VALUE} is for ever. */
    public long retention(Admin admin, String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = ask(admin.describeConfigs(Set.of(resource)).all()).get(resource);
        long ms = Long.parseLong(config.get(TopicConfig.RETENTION_MS_CONFIG).value());
        String policy = config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value();
        return ms >= 0 && policy.contains(TopicConfig.CLEANUP_POLICY_DELETE) ? ms : Long.MAX_VALUE;
    }

    /** Waits for an answer of Kafka's; its failure becomes one sentence. */
    public <T> T ask(KafkaFuture<T> future) {
        try {
            return get(future);
        } catch (KafkaException e) {
            throw failure(e);
        }
    }

    /** The same, where code handles some of the failures. */
    private static <T> T get(KafkaFuture<T> future) {
        try {
            return future.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        } catch (java.util.concurrent.TimeoutException e) {
            throw new TimeoutException(e);
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
        return switch (e) {
            case ConfigException wrong -> wrongSettings(wrong);
            case SslAuthenticationException untrusted -> new Script.Failure(Script.FAILED, "No TLS with " + who + " ("
                    + reason(untrusted) + "): look at the ssl settings in --command-config, such as "
                    + "ssl.truststore.location, which says whose certificates to trust.", e);
            case AuthenticationException unknown -> new Script.Failure(Script.FAILED, who + " does not let this user "
                    + "in (" + reason(unknown) + "): look at the sasl settings in --command-config, such as name and "
                    + "password in sasl.jaas.config.", e);
            case AuthorizationException denied -> new Script.Failure(Script.FAILED, who + " refuses ("
                    + reason(denied) + "): ask for " + rights(denied) + ".", e);
            case TimeoutException late -> new Script.Failure(Script.NO_BROKER, who + " did not answer in time: is it "
                    + "running, and is the security.protocol in --command-config right?", e);
            default -> new Script.Failure(Script.FAILED, who + " says: " + e.getMessage(), e);
        };
    }

    /** The least that whoever was refused needs; Kafka does not say what it was refused for. */
    private static String rights(AuthorizationException denied) {
        return switch (denied) {
            case TopicAuthorizationException topic -> "READ on the topic to read it, WRITE to write to it";
            case GroupAuthorizationException group -> "READ on the group, or DESCRIBE to look at it";
            case TransactionalIdAuthorizationException id -> "WRITE on transactional ids that begin with the --group";
            default -> "WRITE on the topic that is written to"; // an idempotent producer may not even begin
        };
    }

    private Script.Failure wrongSettings(KafkaException e) {
        return new Script.Failure(Script.USAGE, "No client can be made with "
                + (commandConfig == null ? "these settings" : "--command-config " + commandConfig) + ": " + reason(e),
                e);
    }

    /** The message of the innermost cause, which says best what is wrong; of a key store its IOException does. */
    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getClass() != IOException.class) {
            cause = cause.getCause();
        }
        return (cause instanceof FileSystemException ? cause.getClass().getSimpleName() + " " : "")
                + String.valueOf(cause.getMessage()).replaceFirst("\\.$", "");
    }

    private static KafkaException interrupted(InterruptedException e) {
        return new InterruptException(e);
    }
}
