///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Apache Kafka, the real broker (KRaft), in one JVM, without Docker: jbang KafkaBroker.java --port 9092
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS org.apache.kafka:kafka_2.13:4.4.0
//SOURCES cli/package-info.java
//SOURCES cluster/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xms128m -Xmx1g -XX:+IgnoreUnrecognizedVMOptions --sun-misc-unsafe-memory-access=allow
//RUNTIME_OPTIONS -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import cli.ExitCode;
import cli.Failure;
import cli.LogOptions;
import cli.Script;
import java.io.FileReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.metadata.storage.FormatterException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What is a Kafka broker, and what does it need to run? One JVM and one folder: since KRaft it keeps the cluster's
 * metadata itself, in a Raft log, and no ZooKeeper stands beside it.
 *
 * <ol>
 *   <li>Say who is in the cluster: this node, and the controllers that vote over the metadata.
 *   <li>Format the folder, once: it then belongs to this cluster and this node.
 *   <li>Start the server: controller and broker in one process ("combined mode").
 *   <li>Shut it down cleanly, so that the next start has no log to recover.
 * </ol>
 *
 * One line on standard output ends with the bootstrap address, when the broker is ready and not before. Three nodes
 * make a cluster that survives the loss of any one:
 *
 * <pre>
 *   jbang KafkaBroker.java --node 1 --of 3 &
 *   jbang KafkaBroker.java --node 2 --of 3 &
 *   jbang KafkaBroker.java --node 3 --of 3 &
 * </pre>
 */
@Command(name = "KafkaBroker", mixinStandardHelpOptions = true, version = "Apache Kafka 4.4.0",
        description = "Runs a real Kafka broker (KRaft) in one JVM, without Docker.")
public class KafkaBroker implements Callable<Integer> {
    private static final int DEFAULT_PORT = 9092;
    private static final int FIRST_FREE_PORT = 24_000;
    private static final int FIRST_PORT_OF_THE_SYSTEM = 32_768; // on Linux; elsewhere it is 49,152 (RFC 6335)
    private static final int TRIES_FOR_A_FREE_PORT = 10;

    @Option(names = "--port", defaultValue = "" + DEFAULT_PORT, paramLabel = "PORT",
            description = "Port for clients; 0 takes a free one (default: ${DEFAULT-VALUE}). Node N of a cluster "
                    + "listens on PORT + 2 (N - 1), its controller one above.")
    private int port;

    @Option(names = "--host", defaultValue = "127.0.0.1", paramLabel = "HOST",
            description = "Address to bind and to tell the clients (default: ${DEFAULT-VALUE}).")
    private String host;

    @Option(names = "--data-dir", paramLabel = "DIR",
            description = "Keep the data in this folder; without it they last as long as the broker.")
    private Path dataDir;

    @Option(names = "--node", defaultValue = "1", paramLabel = "N", description = "Which node of the cluster this is.")
    private int node;

    @Option(names = "--of", defaultValue = "1", paramLabel = "M",
            description = "How many nodes the cluster has, each a process of its own.")
    private int nodes;

    @Option(names = "--property", paramLabel = "K=V",
            description = "Any broker setting; goes before --config. The clients' port speaks what "
                    + "security.inter.broker.protocol says (default: PLAINTEXT).")
    private Map<String, String> properties = new LinkedHashMap<>();

    @Option(names = "--config", paramLabel = "FILE", description = "A file of broker settings.")
    private Path configFile;

    @Option(names = "--add-scram", paramLabel = "MECHANISM=[name=USER,password=PASSWORD]",
            description = "A user for the first start on a folder, as kafka-storage format takes it (KIP-900).")
    private List<String> scramUsers = List.of();

    @Mixin
    private LogOptions logging;

    public static void main(String... args) {
        System.exit(Script.run(new KafkaBroker(), args));
    }

    @Override
    public Integer call() throws Exception {
        check();
        logging.level("org.apache.kafka.controller", "error") // it warns of every first start
                .level("org.apache.kafka.clients.NetworkClient", "error") // and of every node that is away
                // after a kill -9 it reads its logs while they go from the old life to the new, and then again
                .level("org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime", "off")
                .level("kafka.server.BrokerServer", "off") // what it cannot start with, we say in a sentence
                .level("kafka.server.ControllerServer", "off")
                .open(KafkaBroker.class, null);
        for (int attempt = 1; ; attempt++) {
            try {
                return run(ports());
            } catch (PortTaken e) {
                if (port != 0 || attempt == TRIES_FOR_A_FREE_PORT) { // a port that was free a moment ago may be gone
                    throw new Failure(ExitCode.FAILED, e.getMessage(), e);
                }
            }
        }
    }

    private int run(Ports ports) throws Exception {
        requireFree(ports.client());
        requireFree(ports.controller());
        Path folder = folder();
        try (FileChannel channel = FileChannel.open(folder.resolve("in-use.lock"), CREATE, WRITE)) {
            if (channel.tryLock() == null) { // Kafka itself would notice only after both wrote to the metadata log
                throw new Failure(folder + " is in use by another broker: stop that one, or give another --data-dir.");
            }
            KafkaConfig config = config(ports, folder);                                         // 1
            format(folder, config);                                                             // 2
            KafkaRaftServer server = new KafkaRaftServer(config, Time.SYSTEM);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                server.shutdown();                                                              // 4
                removeIfEphemeral(folder);
            }, "shutdown"));
            server.startup();                                                                   // 3
            System.out.println("Kafka 4.4.0 is ready: " + host + ":" + ports.client());
            server.awaitShutdown();
            return ExitCode.OK.code();
        } catch (Exception e) {
            removeIfEphemeral(folder);
            throw sentence(e, ports);
        }
    }

    // --- 1: who is in the cluster ---------------------------------------------------------------------------------

    private record Ports(int client, int controller) {
    }

    /** In a cluster the ports follow from the first node's, so that every node knows every other without asking. */
    private Ports ports() throws PortTaken {
        if (nodes > 1) {
            return new Ports(port + 2 * (node - 1), port + 2 * (node - 1) + 1);
        }
        return new Ports(port == 0 ? freePort() : port, freePort());
    }

    private KafkaConfig config(Ports ports, Path folder) throws IOException {
        int copies = Math.min(3, nodes);
        int inSync = Math.max(1, copies - 1); // one copy may be away and writes go on
        Properties p = new Properties();
        p.put("process.roles", "broker,controller");
        p.put("node.id", String.valueOf(node));
        p.put("controller.quorum.voters", IntStream.rangeClosed(1, nodes)
                .mapToObj(n -> n + "@" + host + ":" + (nodes == 1 ? ports.controller() : port + 2 * (n - 1) + 1))
                .collect(Collectors.joining(",")));
        p.put("controller.listener.names", "CONTROLLER");
        p.put(
                "listener.security.protocol.map",
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL");
        p.put("log.dirs", folder.toString());
        p.put("num.partitions", "3");
        for (String topic :
                List.of("default", "offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            p.put(topic + ".replication.factor", String.valueOf(copies));
        }
        for (String least : List.of(
                "min.insync.replicas", "transaction.state.log.min.isr", "share.coordinator.state.topic.min.isr")) {
            p.put(least, String.valueOf(inSync));
        }
        p.put("offsets.topic.num.partitions", "5"); // 50 are for hundreds of groups; 5 are made faster
        p.put("transaction.state.log.num.partitions", "5");
        p.put("group.initial.rebalance.delay.ms", "0"); // 3 s is for many consumers that start at once
        p.put("group.consumer.min.heartbeat.interval.ms", "500"); // with it members learn of a rebalance: 5 s is long
        p.put("group.consumer.heartbeat.interval.ms", "500");
        if (nodes == 1) { // after a kill -9 the new life waits for the old one's session to end: 9 s by default
            p.put("broker.session.timeout.ms", "4000");
            p.put("broker.heartbeat.interval.ms", "1000");
        }
        if (configFile != null) {
            try (Reader file = new FileReader(configFile.toFile(), StandardCharsets.UTF_8)) {
                p.load(file);
            }
        }
        p.putAll(properties);
        String protocol = p.getProperty("security.inter.broker.protocol", "PLAINTEXT"); // brokers are clients too
        String clients = protocol + "://" + host + ":" + ports.client();
        p.putIfAbsent("listeners", clients + ",CONTROLLER://" + host + ":" + ports.controller());
        p.putIfAbsent("advertised.listeners", clients);
        return KafkaConfig.fromProps(p);
    }

    // --- 2: the folder --------------------------------------------------------------------------------------------

    private void format(Path folder, KafkaConfig config) throws Exception {
        Properties found = new Properties();
        Path meta = folder.resolve("meta.properties"); // Kafka's own record of whose folder this is
        if (Files.exists(meta)) {
            try (Reader file = Files.newBufferedReader(meta)) {
                found.load(file);
            }
        }
        String foundCluster = found.getProperty("cluster.id");
        String cluster = clusterId(foundCluster);
        String foundNode = found.getProperty("node.id", String.valueOf(node));
        if (foundCluster != null && !(foundCluster.equals(cluster) && foundNode.equals(String.valueOf(node)))) {
            throw new Failure(folder + " holds the data of node " + foundNode + " of another cluster (" + foundCluster
                    + "): start it as that, or give another --data-dir.");
        }
        new Formatter()
                .setClusterId(cluster)
                .setNodeId(node)
                .setControllerListenerName("CONTROLLER")
                .setMetadataLogDirectory(config.metadataLogDir())
                .setDirectories(List.of(config.metadataLogDir()))
                .setScramArguments(scramUsers) // no user could log in to make the first one
                .setIgnoreFormatted(true) // a restart finds its folder formatted
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream()))
                .run();
    }

    /** The nodes of a cluster agree on its name without asking; a single node keeps the one it has or makes one up. */
    private String clusterId(String found) {
        String ofSeveral = "order-lab-of-";
        if (nodes > 1) {
            return ofSeveral + nodes + "-at-" + port;
        }
        return found != null && !found.startsWith(ofSeveral) ? found : Uuid.randomUuid().toString();
    }

    private Path folder() {
        try {
            Path folder = dataDir == null ? Files.createTempDirectory("kafka-broker-")
                    : Files.createDirectories(dataDir.toAbsolutePath());
            Files.delete(Files.createTempFile(folder, "writable", ""));
            return folder;
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "The folder " + dataDir + " cannot be written ("
                    + e.getClass().getSimpleName() + "): give another --data-dir.", e);
        }
    }

    private void removeIfEphemeral(Path folder) {
        if (dataDir != null) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            System.err.println("KafkaBroker: " + folder + " could not be removed: " + e.getMessage());
        }
    }

    // --- what can go wrong, said in one sentence ------------------------------------------------------------------

    private static final class PortTaken extends Exception {
        PortTaken(int port, String host) {
            super("Port " + port + " on " + host + " is in use or not to be had: stop what listens there, or give "
                    + "another --port (0 takes a free one).");
        }
    }

    private void check() {
        if (nodes < 1 || node < 1 || node > nodes) {
            throw new Failure(
                    ExitCode.USAGE,
                    "--node " + node + " --of " + nodes + ": the nodes are numbered from 1 to the "
                            + "number of nodes.");
        }
        if (port < 0 || port > 65_535 - 2 * nodes) {
            throw new Failure(ExitCode.USAGE, "--port " + port + " is no port.");
        }
        if (nodes > 1 && port == 0) {
            throw new Failure(ExitCode.USAGE, "A cluster derives its ports from --port: give one, not 0.");
        }
        if (configFile != null && !Files.isReadable(configFile)) {
            throw new Failure(ExitCode.USAGE, "--config " + configFile + " cannot be read.");
        }
    }

    private void requireFree(int port) throws PortTaken {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new PortTaken(port, host);
        }
    }

    /** Not one of those that the system hands out to whoever connects somewhere: it may be gone before it is bound. */
    private int freePort() throws PortTaken {
        for (int attempt = 1; ; attempt++) {
            int candidate = ThreadLocalRandom.current().nextInt(FIRST_FREE_PORT, FIRST_PORT_OF_THE_SYSTEM);
            try {
                requireFree(candidate);
                return candidate;
            } catch (PortTaken e) {
                if (attempt == TRIES_FOR_A_FREE_PORT) {
                    throw e;
                }
            }
        }
    }

    private Exception sentence(Exception e, Ports ports) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (cause instanceof BindException) {
                return new PortTaken(ports.client(), host);
            }
            if (cause instanceof ConfigException || cause instanceof FormatterException) { // the latter of --add-scram
                return new Failure(ExitCode.USAGE, "A broker setting is wrong: " + message, e);
            }
        }
        return e;
    }
}
