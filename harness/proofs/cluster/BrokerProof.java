package proofs.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
            assertThat(cluster.followersOf("order-events")).hasSize(2);
            assertThat(api.post(Api.order("before")).status()).isEqualTo(201);
            cluster.kill(cluster.leaderOf("order-events"));
            await("orders are taken without it").atMost(Duration.ofSeconds(40))
                    .until(() -> api.post(Api.order("after"), "Idempotency-Key", "after").status() == 201);
            assertThat(cluster.kafka().records("order-events"))
                    .extracting(r -> Kafka.json(r.value()).path("customer_id").asText())
                    .contains("before", "after");
        }
    }
}
