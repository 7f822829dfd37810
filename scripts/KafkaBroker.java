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
    private static final String CONTROLLER = "CONTROLLER"; // the name of the listener for the other controllers
    private static final int TRIES = 10; // to find a free port

    @Mixin
    private NodeOptions node;

    @Mixin
    private BrokerOptions options;

    @Mixin
    private LogOptions logging;

    /** What the broker keeps, and how. */
    @Command(optionListHeading = "Broker:%n")
    static final class BrokerOptions {
        @Option(names = "--data-dir", paramLabel = "DIR",
                description = "Keep the data in this folder; without it they last as long as the broker.")
        private Path dataDir;

        @Option(names = "--property", paramLabel = "K=V",
                description = "Any broker setting; goes before --config. The clients' port speaks what "
                        + "security.inter.broker.protocol says (default: PLAINTEXT).")
        private Map<String, String> properties = new LinkedHashMap<>();

        @Option(names = "--config", paramLabel = "FILE", description = "A file of broker settings.")
        private Path configFile;

        @Option(names = "--add-scram", paramLabel = "MECHANISM=[name=USER,password=PASSWORD]",
                description = "A user for the first start on a folder, as kafka-storage format takes it (KIP-900).")
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
        openLog();
        for (int attempt = 1; ; attempt++) {
            try {
                return run(node.ports());
            } catch (PortTaken e) {
                if (!node.takesAFreePort() || attempt == TRIES) { // a port that was free a moment ago may be gone
                    throw new Failure(ExitCode.FAILED, e.getMessage(), e);
                }
            }
        }
    }

    private int run(Ports ports) throws Exception {
        ports.requireFree(node.host());
        try (DataFolder folder = new DataFolder(options.dataDir)) {
            KafkaConfig config = KafkaConfig.fromProps(settings(ports, folder.path()));         // 1
            format(folder, config);                                                             // 2
            KafkaRaftServer server = new KafkaRaftServer(config, Time.SYSTEM);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                server.shutdown();                                                              // 4
                remove(folder);
            }, "shutdown"));
            server.startup();                                                                   // 3
            System.out.println("Kafka 4.4.0 is ready: " + node.host() + ":" + ports.client());
            if (options.dataDir == null) {
                System.out.println("Its data are in a temporary folder, deleted at the end (else: --data-dir).");
            }
            server.awaitShutdown();
            return ExitCode.OK.code();
        } catch (Exception e) {
            throw sentence(e, ports);
        }
    }

    private void format(DataFolder folder, KafkaConfig config) throws Exception {
        new Formatter()
                .setClusterId(folder.clusterId(node))
                .setNodeId(node.node())
                .setControllerListenerName(CONTROLLER)
                .setMetadataLogDirectory(config.metadataLogDir())
                .setDirectories(List.of(config.metadataLogDir()))
                .setScramArguments(options.scramUsers) // no user could log in to make the first one
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
            if (cause instanceof ConfigException || cause instanceof FormatterException) { // the latter of --add-scram
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
        settings.put("controller.quorum.voters", node.voters(ports));
        settings.put("controller.listener.names", CONTROLLER);
        // the controllers' port is the nodes' own affair; the clients' may speak anything
        settings.put("listener.security.protocol.map", CONTROLLER + ":PLAINTEXT,"
                + "PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL");
        settings.put("log.dirs", folder.toString());
        settings.put("num.partitions", "3");
        // three copies survive the loss of one node; a smaller cluster has as many as nodes
        int copies = Math.min(3, node.nodes());
        settings.put("default.replication.factor", String.valueOf(copies));
        settings.put("offsets.topic.replication.factor", String.valueOf(copies));
        settings.put("transaction.state.log.replication.factor", String.valueOf(copies));
        settings.put("share.coordinator.state.topic.replication.factor", String.valueOf(copies));
        // one copy may be away and writes go on
        String inSync = String.valueOf(Math.max(1, copies - 1));
        settings.put("min.insync.replicas", inSync);
        settings.put("transaction.state.log.min.isr", inSync);
        settings.put("share.coordinator.state.topic.min.isr", inSync);
        // 50 are for hundreds of groups; 5 are made faster
        settings.put("offsets.topic.num.partitions", "5");
        settings.put("transaction.state.log.num.partitions", "5");
        // 3 s is for many consumers that start at once
        settings.put("group.initial.rebalance.delay.ms", "0");
        // with a heartbeat members learn of a rebalance: 5 s is long
        settings.put("group.consumer.min.heartbeat.interval.ms", "500");
        settings.put("group.consumer.heartbeat.interval.ms", "500");
        // by default it writes to its metadata log every 500 ms also if there is nothing to write
        settings.put("metadata.max.idle.interval.ms", "5000");
        if (node.nodes() == 1) {
            // after a kill -9 the new life waits for the old one's session to end: 9 s by default
            settings.put("broker.session.timeout.ms", "4000");
            settings.put("broker.heartbeat.interval.ms", "1000");
        }
        if (options.configFile != null) {
            try (Reader file = Files.newBufferedReader(options.configFile)) {
                settings.load(file);
            }
        }
        settings.putAll(options.properties);
        // brokers are clients too: what they speak among themselves, clients speak with them
        String protocol = settings.getProperty("security.inter.broker.protocol", "PLAINTEXT");
        String clients = protocol + "://" + node.host() + ":" + ports.client();
        settings.putIfAbsent("listeners", clients + "," + CONTROLLER + "://" + node.host() + ":" + ports.controller());
        settings.putIfAbsent("advertised.listeners", clients);
        return settings;
    }

    private void openLog() {
        // it warns of every first start
        logging.level("org.apache.kafka.controller", "error");
        // and of every node that is away
        logging.level("org.apache.kafka.clients.NetworkClient", "error");
        // after a kill -9 it reads its logs while they go from the old life to the new, and then again
        logging.level("org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime", "off");
        // what it cannot start with, we say in a sentence
        logging.level("kafka.server.BrokerServer", "off");
        logging.level("kafka.server.ControllerServer", "off");
        logging.open(KafkaBroker.class, null);
    }
}
