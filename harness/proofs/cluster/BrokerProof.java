package proofs.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lab.Api;
import lab.Broker;
import lab.Build;
import lab.Cluster;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Ports;
import lab.Repo;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** KafkaBroker.java is a real broker: it keeps what it acknowledged, and reports why it cannot start. */
@ExtendWith(LabExtension.class)
class BrokerProof {

    @Test
    void afterAKillItHasLostNothingAndLocksItsFolderAndAProducerCreatesNoTopic(Lab lab) {
        Path data = lab.folder().resolve("data");
        Running broker = lab.start("KafkaBroker", "--port", "0", "--data-dir", data.toString());
        try (Kafka kafka = new Kafka(Broker.address(broker))) {
            kafka.createTopic("t", 3);
            for (int i = 0; i < 100; i++) {
                kafka.send("t", "k" + i, "v" + i);
            }
        }
        broker.kill9();
        Running again = lab.start("KafkaBroker", "--port", "0", "--data-dir", data.toString());
        try (Kafka kafka = new Kafka(Broker.address(again))) {
            assertThat(kafka.records("t")).hasSize(100);
            aProducerCreatesNoTopic(kafka, Broker.address(again));
        }
        assertThat(sentence(refused(lab, "--port", "0", "--data-dir", data.toString()), 1))
                .contains("in use by another broker");
        assertThat(again.stop()).as("ends cleanly on SIGTERM").isEqualTo(143);
        assertThat(data).exists();
        assertThat(again.err().strip()).as("a quiet log").isEmpty();
        assertThat(sentence(refused(lab, "--port", String.valueOf(Ports.free(6)), "--node", "1", "--of", "3",
                "--data-dir", data.toString()), 1)).contains("another cluster");
    }

    /** A topic that was deleted, or whose name is misspelt, would otherwise come back with the broker's shape. */
    private static void aProducerCreatesNoTopic(Kafka kafka, String address) {
        try (var producer = new KafkaProducer<>(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, address,
                ProducerConfig.MAX_BLOCK_MS_CONFIG, 3_000), new StringSerializer(), new StringSerializer())) {
            assertThat(producer.send(new ProducerRecord<>("misspelt", "v"))).failsWithin(Duration.ofSeconds(10))
                    .withThrowableThat().withCauseInstanceOf(TimeoutException.class);
            assertThat(kafka.partitions("misspelt")).isZero();
        }
    }

    @Test
    void withoutADataFolderNothingIsLeftBehind(Lab lab) throws Exception {
        Path tmp = Files.createDirectories(lab.folder().resolve("tmp"));
        Running broker = lab.command(
                "KafkaBroker",
                Build.QUICK,
                Build.jbang(),
                "run",
                "--runtime-option=-Djava.io.tmpdir=" + tmp,
                Repo.file("scripts/KafkaBroker.java").toString(),
                "--port",
                "0");
        Broker.address(broker);
        broker.awaitOut("its data are temporary", Pattern.compile("(in a temporary folder, deleted when)"),
                Duration.ofSeconds(10));
        broker.stop();
        try (var left = Files.list(tmp)) {
            assertThat(left.filter(p -> p.getFileName().toString().startsWith("kafka-broker"))).isEmpty();
        }
    }

    @Test
    void aFailureToStartIsReportedInOneSentence(Lab lab) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThat(sentence(refused(lab, "--port", String.valueOf(taken.getLocalPort())), 1))
                    .contains("in use");
        }
        Path file = Files.createFile(Files.createDirectories(lab.folder()).resolve("a-file"));
        assertThat(sentence(refused(lab, "--port", "0", "--data-dir", file.resolve("x").toString()), 1))
                .contains("cannot be written");
        assertThat(sentence(refused(lab, "--port", "0", "--property", "num.partitions=many"), 2))
                .contains("num.partitions");
        assertThat(sentence(refused(lab, "--port", "0", "--add-scram", "SCRAM-SHA-512=[name=a]"), 2))
                .contains("password");
        assertThat(sentence(refused(lab, "--node", "4", "--of", "3"), 2)).contains("numbered from 1");
        assertThat(sentence(refused(lab, "--port", "zero"), 2)).contains("--port");
    }

    // --- addresses ------------------------------------------------------------------------------------------------

    @Test
    void theAddressThatItPrintsIsWhereItListens(Lab lab) {
        int port = Ports.free(2);
        Running broker = lab.start("KafkaBroker", "--port", "0", "--property", listeners(port));
        assertThat(Broker.address(broker)).isEqualTo("127.0.0.1:" + port);
        try (Kafka kafka = new Kafka(Broker.address(broker))) {
            kafka.createTopic("t", 1);
        }
    }

    private static String listeners(int port) {
        return "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + (port + 1);
    }

    @Test
    void itListensOnAllAddressesAndAdvertisesOne(Lab lab) throws Exception {
        assertThat(sentence(refused(lab, "--port", "0", "--host", "0.0.0.0"), 2)).contains("add --advertise HOST");
        Running broker = lab.start("KafkaBroker", "--port", "0", "--host", "0.0.0.0", "--advertise", "localhost");
        assertThat(Broker.address(broker)).startsWith("localhost:");
        try (Kafka kafka = new Kafka(Broker.address(broker).replace("localhost", anotherAddress()))) {
            kafka.createTopic("t", 1);
            assertThat(kafka.send("t", "k", "v").offset()).isZero();
            assertThat(kafka.admin().describeCluster().nodes().get()).extracting(Node::host)
                    .containsExactly("localhost");
        }
    }

    /** One of this machine, and not its loopback address if there is another. */
    private static String anotherAddress() throws SocketException {
        return NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .map(InetAddress::getHostAddress).findFirst().orElse("127.0.0.1");
    }

    // --- starts that fail -----------------------------------------------------------------------------------------

    @Test
    void aTakenPortAmongItsListenersIsReportedInOneSentence(Lab lab) throws Exception {
        Path tmp = Files.createDirectories(lab.folder().resolve("tmp"));
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Ended ended = start(lab, tmp, "--port", "0", "--property", listeners(taken.getLocalPort()))
                    .ended(Duration.ofSeconds(60));
            assertThat(sentence(ended, 1)).contains("Port " + taken.getLocalPort() + " on 127.0.0.1 is in use");
        }
        assertThat(tmp).isEmptyDirectory();
    }

    /** The controller runs by then, and would go on voting. */
    @Test
    void aBrokerThatFailsAfterItsControllerHasStartedEndsBoth(Lab lab) throws Exception {
        Path tmp = Files.createDirectories(lab.folder().resolve("tmp"));
        Ended ended = start(lab, tmp, "--port", "0", "--property", "security.inter.broker.protocol=SSL")
                .ended(Duration.ofSeconds(60));
        assertThat(sentence(ended, 2)).contains("A broker setting is wrong");
        assertThat(tmp).isEmptyDirectory();
    }

    // --- temporary folders ----------------------------------------------------------------------------------------

    @Test
    void theFolderOfAKilledBrokerIsRemovedByTheNext(Lab lab) throws Exception {
        Path tmp = Files.createDirectories(lab.folder().resolve("tmp"));
        Path mine = Files.createDirectories(tmp.resolve("kafka-broker-backup")); // a name that only looks like one
        Running killed = start(lab, tmp, "--port", "0");
        Running running = start(lab, tmp, "--port", "0");
        Broker.address(killed);
        Broker.address(running);
        killed.kill9();
        Running next = start(lab, tmp, "--port", "0");
        Broker.address(next);
        try (var left = Files.list(tmp)) {
            assertThat(left.filter(one -> !one.equals(mine))).as("those of the two that run").hasSize(2);
        }
        assertThat(mine).exists();
        try (Kafka kafka = new Kafka(Broker.address(running))) {
            kafka.createTopic("t", 1);
        }
    }

    /** Alone among others it would come back without its data, and vote with an empty log. */
    @Test
    void aNodeOfAClusterNeedsADataFolder(Lab lab) {
        assertThat(sentence(refused(lab, "--node", "1", "--of", "3"), 2)).contains("--data-dir");
    }

    private static Running start(Lab lab, Path tmp, String... options) {
        List<String> command = new ArrayList<>(Build.command("KafkaBroker", options));
        command.add(command.indexOf("-classpath"), "-Djava.io.tmpdir=" + tmp); // the last one counts
        return lab.command("KafkaBroker", Map.of(), command.toArray(String[]::new));
    }

    private static Ended refused(Lab lab, String... options) {
        return lab.runInSeries("KafkaBroker", options);
    }

    private static String sentence(Ended ended, int exitCode) {
        assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(exitCode);
        assertThat(ended.err().strip()).doesNotContain("\n");
        return ended.err();
    }

    /** Invariant 1 on three nodes: an accepted order survives the loss of any one of them. */
    @Test
    void aClusterOfThreeTakesOrdersAfterOneNodeIsKilled(Lab lab) throws Exception {
        try (Cluster cluster = new Cluster(lab.folder(), 3)) {
            int port = Integer.parseInt(cluster.bootstrap().replaceAll(".*?:(\\d+),.*", "$1"));
            assertThat(cluster.bootstrap()).isEqualTo("127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d".formatted(port, port + 2,
                    port + 4));
            Api api = lab.api(lab.start("OrderApi", "--port", "0", "--bootstrap-server", cluster.bootstrap(),
                    "--timeout-ms", "4000"));
            assertThat(api.post(Api.order("before")).status()).isEqualTo(201);
            assertThat(cluster.followersOf("order-events")).hasSize(2);
            cluster.kafka().alterTopic("order-events", "min.insync.replicas", "1");
            Running another = lab.start("OrderApi", "--port", "0", "--bootstrap-server", cluster.bootstrap());
            assertThat(lab.api(another).process().err()).contains("order-events has min.insync.replicas=1: ");
            cluster.kafka().alterTopic("order-events", "min.insync.replicas", "2");
            cluster.kill(cluster.leaderOf("order-events"));
            await("orders are taken without it").atMost(Duration.ofSeconds(40))
                    .until(() -> api.post(Api.order("after"), "Idempotency-Key", "after").status() == 201);
            assertThat(cluster.kafka().records("order-events"))
                    .extracting(r -> Kafka.json(r.value()).path("customer_id").asText())
                    .contains("before", "after");
        }
    }
}
