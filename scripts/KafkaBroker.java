///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Apache Kafka, the real broker (KRaft), in one JVM, without Docker: jbang KafkaBroker.java --port 9092
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS org.apache.kafka:kafka_2.13:4.4.0
//SOURCES broker/package-info.java
//SOURCES cli/package-info.java
//SOURCES cluster/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xms128m -Xmx1g -XX:+IgnoreUnrecognizedVMOptions --sun-misc-unsafe-memory-access=allow
//RUNTIME_OPTIONS -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import broker.DataFolder;
import broker.Listeners;
import broker.NodeOptions;
import broker.PortTaken;
import broker.Ports;
import cli.ExitCode;
import cli.Failure;
import cli.LogOptions;
import cli.Script;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.metadata.storage.FormatterException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What is a Kafka broker, and what does it need to run? One JVM and one folder: since KRaft it keeps the cluster's
 * metadata itself, in a Raft log, and needs no ZooKeeper.
 *
 * <ol>
 *   <li>Say which nodes the cluster has: this one, and the controllers that vote on the metadata.
 *   <li>Format the folder, once: it then belongs to this cluster and this node.
 *   <li>Start the server: controller and broker in one process ("combined mode").
 *   <li>Shut it down cleanly, so that the next start has no log to recover.
 * </ol>
 *
 * When the broker is ready, and not before, one line on standard output ends with the bootstrap address. Three nodes
 * make a cluster that survives the loss of any one:
 *
 * <pre>
 *   jbang KafkaBroker.java --node 1 --of 3 --data-dir node1 &
 *   jbang KafkaBroker.java --node 2 --of 3 --data-dir node2 &
 *   jbang KafkaBroker.java --node 3 --of 3 --data-dir node3 &
 * </pre>
 */
@Command(name = "KafkaBroker", mixinStandardHelpOptions = true, version = "Apache Kafka 4.4.0",
        description = "Runs a real Kafka broker (KRaft) in one JVM, without Docker.",
        footer = {"  ./jbang scripts/KafkaBroker.java --data-dir .cache/kafka",
                "  ./jbang scripts/KafkaBroker.java --node 1 --of 3 --data-dir .cache/n1"})
public class KafkaBroker implements Callable<Integer> {
    private static final int TRIES = 10; // to find a free port

    @Mixin
    private NodeOptions node;

    @Mixin
    private BrokerOptions options;

    @Mixin
    private LogOptions logging;

    private volatile Runnable shutdown = () -> { };

    /** What the broker keeps, and how. */
    @Command(optionListHeading = "Broker:%n")
    static final class BrokerOptions {
        @Option(names = "--data-dir", paramLabel = "DIR",
                description = "Keep the data in this folder (default: a temporary folder, deleted when the broker "
                        + "ends; if it was killed, when the next one starts).")
        private Path dataDir;

        @Option(names = "--property", paramLabel = "K=V",
                description = "Any broker setting; overrides --config. The clients' port uses the protocol that "
                        + "security.inter.broker.protocol names (default: PLAINTEXT).")
        private Map<String, String> properties = new LinkedHashMap<>();

        @Option(names = "--config", paramLabel = "FILE", description = "A file of broker settings.")
        private Path configFile;

        @Option(names = "--add-scram", paramLabel = "MECHANISM=[name=USER,password=PASSWORD]",
                description = "A user to create when the folder is formatted, in the form of kafka-storage format "
                        + "(KIP-900).")
        private List<String> scramUsers = List.of();
    }

    public static void main(String... args) {
        System.exit(Script.run(new KafkaBroker(), args));
    }

    @Override
    public Integer call() throws Exception {
        node.check();
        if (options.configFile != null && !Files.isReadable(options.configFile)) {
            throw new Failure(ExitCode.USAGE, "--config " + options.configFile + " cannot be read.");
        }
        if (node.nodes() > 1 && options.dataDir == null) {
            throw new Failure(ExitCode.USAGE, "A node of several needs a --data-dir: started again without its data, "
                    + "it would vote with an empty log.");
        }
        openLog();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutdown.run(), "shutdown"));     // 4
        for (int attempt = 1; ; attempt++) {
            Ports ports = node.ports();
            try {
                return run(ports);
            } catch (PortTaken e) { // a port that was free a moment ago may be taken
                if (!node.takesAFreePort() || !ports.have(e.port()) || attempt == TRIES) {
                    throw new Failure(ExitCode.FAILED, e.getMessage(), e);
                }
            }
        }
    }

    private int run(Ports ports) throws Exception {
        try (DataFolder folder = new DataFolder(options.dataDir)) {
            KafkaConfig config = KafkaConfig.fromProps(settings(ports, folder.path()));         // 1
            Listeners.requireFree(config);
            format(folder, config);                                                             // 2
            KafkaRaftServer server = new KafkaRaftServer(config, Time.SYSTEM);
            shutdown = () -> {
                server.shutdown();
                remove(folder);
            };
            try (AutoCloseable running = server::shutdown) { // also what has started before a failure
                server.startup();                                                               // 3
                System.out.println("Kafka 4.4.0 is ready: " + Listeners.bootstrap(config));
                if (ports.proxy() > 0) {
                    System.out.println("For a proxy: KafkaProxy.java --port " + ports.proxy() + " --bootstrap-server "
                            + node.inside() + ":" + ports.behindProxy());
                }
                if (options.dataDir == null) {
                    System.out.println("Its data are in a temporary folder, deleted when the broker ends; --data-dir "
                            + "keeps them.");
                }
                server.awaitShutdown();
                return ExitCode.OK.code();
            }
        } catch (Exception e) {
            throw sentence(e, ports);
        }
    }

    private void format(DataFolder folder, KafkaConfig config) throws Exception {
        new Formatter()
                .setClusterId(folder.clusterId(node))
                .setNodeId(node.node())
                .setControllerListenerName(Listeners.CONTROLLER)
                .setMetadataLogDirectory(config.metadataLogDir())
                .setDirectories(List.of(config.metadataLogDir()))
                .setScramArguments(options.scramUsers) // without a first user, none could log in to create one
                .setIgnoreFormatted(true) // a restart finds its folder formatted
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream()))
                .run();
    }

    private static void remove(DataFolder folder) {
        try {
            folder.close();
        } catch (IOException e) {
            System.err.println("KafkaBroker: " + folder.path() + " could not be removed: " + e.getMessage());
        }
    }

    /** What can go wrong, in one sentence. */
    private Exception sentence(Exception e, Ports ports) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                return new PortTaken(ports.client(), node.host());
            }
            if (cause instanceof ConfigException || cause instanceof FormatterException) { // the latter: --add-scram
                return new Failure(ExitCode.USAGE, "A broker setting is wrong: " + cause.getMessage(), e);
            }
        }
        return e;
    }

    // --- settings -------------------------------------------------------------------------------------------------

    private Properties settings(Ports ports, Path folder) throws IOException {
        Properties settings = new Properties();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", String.valueOf(node.node()));
        settings.put("log.dirs", folder.toString());
        settings.put("num.partitions", "3");
        // three replicas survive the loss of one node; a smaller cluster has one on each node
        int copies = Math.min(3, node.nodes());
        settings.put("default.replication.factor", String.valueOf(copies));
        settings.put("offsets.topic.replication.factor", String.valueOf(copies));
        settings.put("transaction.state.log.replication.factor", String.valueOf(copies));
        settings.put("share.coordinator.state.topic.replication.factor", String.valueOf(copies));
        // writes go on while one replica is away
        String inSync = String.valueOf(Math.max(1, copies - 1));
        settings.put("min.insync.replicas", inSync);
        settings.put("transaction.state.log.min.isr", inSync);
        settings.put("share.coordinator.state.topic.min.isr", inSync);
        // a topic that a client misspells, or that was deleted, is not created by chance: a producer always asks for it
        settings.put("auto.create.topics.enable", "false");
        // the default, 50, is for hundreds of groups; 5 are created faster
        settings.put("offsets.topic.num.partitions", "5");
        settings.put("transaction.state.log.num.partitions", "5");
        // the default, 3 s, is for many consumers that start at once
        settings.put("group.initial.rebalance.delay.ms", "0");
        // a member learns of a rebalance by its heartbeat; the default, 5 s, is long
        settings.put("group.consumer.min.heartbeat.interval.ms", "200");
        settings.put("group.consumer.heartbeat.interval.ms", "200");
        // by default it writes to its metadata log every 500 ms, even if nothing has changed
        settings.put("metadata.max.idle.interval.ms", "5000");
        if (node.nodes() == 1) {
            // after a kill -9 the restarted broker waits until its old session has ended: 9 s by default
            settings.put("broker.session.timeout.ms", "4000");
            settings.put("broker.heartbeat.interval.ms", "1000");
        }
        if (options.configFile != null) {
            try (Reader file = Files.newBufferedReader(options.configFile)) {
                settings.load(file);
            }
        }
        settings.putAll(options.properties);
        Listeners.add(settings, node, ports);
        return settings;
    }

    private void openLog() {
        // it warns at every first start
        logging.level("org.apache.kafka.controller", "error");
        // an error for it is that something took two seconds, as it may on a laptop that has much to do
        logging.level("org.apache.kafka.controller.EventPerformanceMonitor", "off");
        // and about every node that is away
        logging.level("org.apache.kafka.clients.NetworkClient", "error");
        logging.level("kafka.server.ReplicaFetcherThread", "error"); // every second, with a stack trace
        // after a kill -9 it reports loads that fail until its partitions have a leader again, and repeats them
        logging.level("org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime", "off");
        // why it cannot start, this script says in one sentence
        logging.level("kafka.server.BrokerServer", "off");
        logging.level("kafka.server.ControllerServer", "off");
        logging.open(KafkaBroker.class, null);
    }
}
