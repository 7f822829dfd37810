package proofs.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import cluster.Cluster;
import cluster.TopicAdmin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lab.Api;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import ledger.Ledger;
import ledger.LedgerRestore;
import ledger.LedgerTopic;
import messages.Digest;
import messages.Message;
import messages.OutcomeFormat;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricsReporter;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

/**
 * What can hold up a ledger that is read back? The consumer says so, waits, and goes on by itself; the other partitions
 * do not wait (invariants 4 and 5).
 */
@ExtendWith(LabExtension.class)
class LedgerRestoreProof {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void itNeedsTheFileOfSettingsOnlyAtTheStart(Lab lab) throws Exception {
        Path settings = settings(lab, "");
        lab.sendOrders(0, 30);
        Running first = lab.consumer("--command-config", settings.toString());
        lab.awaitCaughtUp();
        Running second = lab.consumer("--command-config", settings.toString());
        awaitShared(lab, List.of(2, 1));
        Files.delete(settings);
        first.stop();
        lab.sendOrders(0, 60);
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 60L));
        assertThat(second.alive()).isTrue();
    }

    @Test
    void itNamesTheTransactionThatItWaitsFor(Lab lab) {
        lab.kafka().createTopic(lab.outcomes, 3, Map.of("cleanup.policy", "compact"));
        lab.kafka().send(new ProducerRecord<>(lab.outcomes, 0, Kafka.bytes("nobody"), Kafka.bytes("{}")));
        lab.sendOrders(0, 30);
        try (KafkaProducer<byte[], byte[]> foreign = inTransaction(lab)) {
            foreign.send(new ProducerRecord<>(lab.outcomes, 0, Kafka.bytes("nobody"), Kafka.bytes("{}")));
            foreign.flush();
            Running consumer = lab.consumer();
            awaitReport(consumer, lab.events + "-0 stays paused: it waits for a transaction that is open in "
                    + lab.outcomes + "-0 at offset 1");
            await("the others do not wait").atMost(SOON)
                    .until(() -> lab.kafka().committed(lab.group, lab.events).keySet().equals(Set.of(1, 2)));
            foreign.abortTransaction();
            lab.awaitCaughtUp();
            assertThat(consumer.err()).doesNotContain("-1 stays paused", "-2 stays paused");
        }
        assertThat(lab.outcomeCounts()).containsOnlyKeys(orders("nobody", 30)).allSatisfy((order, count) ->
                assertThat(count).isOne());
    }

    @Test
    void itSaysThatTheGroupsOffsetIsNotFinal(Lab lab) {
        lab.sendOrders(0, 30);
        try (KafkaProducer<byte[], byte[]> earlier = inTransaction(lab); KafkaConsumer<byte[], byte[]> member =
                new KafkaConsumer<>(Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, lab.broker().bootstrap(),
                        ConsumerConfig.GROUP_ID_CONFIG, lab.group),
                        new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            earlier.sendOffsetsToTransaction(Map.of(new TopicPartition(lab.events, 0), new OffsetAndMetadata(0)),
                    member.groupMetadata());
            Running consumer = lab.consumer();
            awaitReport(consumer, lab.events + "-0 stays paused: it waits for the offset of the group " + lab.group);
            earlier.abortTransaction();
            lab.awaitCaughtUp();
        }
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 30L));
    }

    /** The client's own time-out is a minute, in which it would look for the partition thousands of times a second. */
    @Test
    void itNamesAPartitionThatTheLedgerLacks(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().createTopic(lab.outcomes, 1, Map.of("cleanup.policy", "compact"));
        lab.sendOrders(0, 10);
        Running consumer = lab.consumer("--command-config", settings(lab, "metadata.max.age.ms=500\n").toString());
        lab.awaitCaughtUp();
        addPartitions(lab, lab.events, 2);
        awaitReport(consumer, lab.events + "-1 stays paused: it waits for the partition " + lab.outcomes + "-1");
        Duration before = cpu(consumer);
        sendAgain(lab, 100, 130);
        await("partition 0 does not wait").atMost(SOON).until(() -> lab.outcomes().size() > 15);
        awaitReport(consumer, "it waits for the partition " + lab.outcomes + "-1", 3);
        assertThat(cpu(consumer).minus(before)).as("CPU time in 10 s of waiting").isLessThan(Duration.ofSeconds(4));
        addPartitions(lab, lab.outcomes, 2);
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 40L));
    }

    /** It waits for a transaction when the ledger is replaced by one that never gets to the offset it waits for. */
    @Test
    void itStartsAgainWhenTheLedgerIsReplaced(Lab lab) {
        lab.kafka().createTopic(lab.outcomes, 3, Map.of("cleanup.policy", "compact"));
        lab.sendOrders(0, 30);
        try (KafkaProducer<byte[], byte[]> foreign = inTransaction(lab)) {
            for (int i = 0; i < 100; i++) {
                foreign.send(new ProducerRecord<>(lab.outcomes, 0, Kafka.bytes("nobody"), Kafka.bytes("{}")));
            }
            foreign.flush();
            Running consumer = lab.consumer();
            await("the others are read back").atMost(SOON)
                    .until(() -> lab.kafka().committed(lab.group, lab.events).keySet().equals(Set.of(1, 2)));
            lab.kafka().admin().deleteTopics(Set.of(lab.outcomes));
            await("deleted").atMost(SOON).until(() -> lab.kafka().partitions(lab.outcomes) == 0);
            awaitReport(consumer, "it waits for the topic " + lab.outcomes);
            lab.kafka().createTopic(lab.outcomes, 3, Map.of("cleanup.policy", "compact"));
            lab.awaitCaughtUp();
        }
    }

    /** No consumer creates it again by chance: what it remembered is gone, and somebody has to know. */
    @Test
    void itNamesATopicThatIsGone(Lab lab) {
        lab.sendOrders(0, 30);
        Running first = lab.consumer();
        lab.awaitCaughtUp();
        Running second = lab.consumer();
        awaitShared(lab, List.of(2, 1));
        lab.kafka().admin().deleteTopics(Set.of(lab.outcomes));
        await("deleted").atMost(SOON).until(() -> lab.kafka().partitions(lab.outcomes) == 0);
        first.kill9();
        awaitReport(second, "it waits for the topic " + lab.outcomes + ", which does not exist");
        assertThat(lab.kafka().partitions(lab.outcomes)).isZero();
    }

    /** More of them wait than may be read at once. */
    @Test
    void thoseThatWaitDoNotHoldUpTheOthers(Lab lab) {
        lab.kafka().createTopic(lab.events, 12);
        lab.kafka().createTopic(lab.outcomes, 12, Map.of("cleanup.policy", "compact"));
        lab.sendOrders(0, 120);
        try (KafkaProducer<byte[], byte[]> foreign = inTransaction(lab)) {
            for (int partition = 0; partition < 11; partition++) {
                foreign.send(new ProducerRecord<>(lab.outcomes, partition, Kafka.bytes("nobody"), Kafka.bytes("{}")));
            }
            foreign.flush();
            lab.consumer();
            await("the last partition does not wait").atMost(SOON)
                    .until(() -> lab.kafka().committed(lab.group, lab.events).containsKey(11));
            foreign.abortTransaction();
            lab.awaitCaughtUp();
        }
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 120L));
    }

    /** Its settings are looked at again whenever it is read back, and followed. */
    @Test
    void itWarnsOnceWhenItsTopicHasChanged(Lab lab) {
        lab.sendOrders(0, 30);
        Running first = lab.consumer();
        lab.awaitCaughtUp();
        Running second = lab.consumer();
        awaitShared(lab, List.of(2, 1));
        lab.kafka().alterTopic(lab.outcomes, "cleanup.policy", "delete");
        lab.kafka().alterTopic(lab.outcomes, "retention.ms", "5000");
        lab.kafka().alterTopic(lab.outcomes, "retention.bytes", "1000000000");
        first.stop();
        awaitShared(lab, List.of(3));
        awaitReport(second, "the ledger " + lab.outcomes + " remembers for PT5S only, but records may come");
        awaitReport(second, "the ledger " + lab.outcomes + " has the cleanup.policy delete");
        awaitReport(second, "the ledger " + lab.outcomes + " forgets what exceeds 1000000000 bytes");
        await("forgotten").atMost(Duration.ofSeconds(40)).pollInterval(Duration.ofSeconds(2)).until(() -> {
            lab.sendOrders(0, 30);
            lab.awaitCaughtUp();
            return lab.outcomes().values().stream()
                    .anyMatch(outcomes -> outcomes.getLast().path("source").path("offset").asLong() > 29);
        });
        assertThat(second.err().lines().filter(line -> line.contains("remembers for PT5S only"))).hasSize(1);
    }

    /** Whatever the broker's own setting is. */
    @Test
    void aNewLedgerForgetsNothingByItsSize(Lab lab) throws Exception {
        lab.sendOrders(0, 30);
        lab.consumer();
        lab.awaitCaughtUp();
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, lab.outcomes);
        ConfigEntry bytes = lab.kafka().admin().describeConfigs(Set.of(topic)).all().get().get(topic)
                .get("retention.bytes");
        assertThat(bytes.value()).isEqualTo("-1");
        assertThat(bytes.source()).isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
    }

    @Test
    void anOrderIsRecognisedAfterPartitionsWereAdded(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        lab.sendOrders(0, 20);
        Running first = lab.consumer();
        lab.awaitCaughtUp();
        first.stop();
        addPartitions(lab, lab.events, 2);
        addPartitions(lab, lab.outcomes, 2);
        sendAgain(lab, 0, 20);
        Running second = lab.consumer();
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 20L));
        second.stop();
        assertThat(second.out()).contains("processed 0, duplicates 20");
    }

    /** Also in partitions that a consumer has kept all the time: with one more, keys move between them, too. */
    @Test
    void anOrderIsRecognisedAfterPartitionsWereAddedToARunningConsumer(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 2);
        lab.sendOrders(0, 60);
        Running consumer = lab.consumer("--command-config", settings(lab, "metadata.max.age.ms=500\n").toString());
        lab.awaitCaughtUp();
        addPartitions(lab, lab.outcomes, 3);
        addPartitions(lab, lab.events, 3);
        awaitShared(lab, List.of(3));
        awaitReport(consumer, "the ledger " + lab.outcomes + "-0 is read again");
        awaitReport(consumer, "the ledger " + lab.outcomes + "-1 is read again");
        sendAgain(lab, 0, 60);
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 60L));
    }

    /** In this process, so that the clients can be counted. */
    @Test
    void notTooManyAreReadAtOnce(Lab lab) {
        lab.kafka().createTopic(lab.events, 24);
        lab.kafka().createTopic(lab.outcomes, 24, Map.of("cleanup.policy", "compact"));
        lab.kafka().sendAll(IntStream.range(0, 500).mapToObj(i -> new ProducerRecord<>(lab.outcomes,
                Kafka.bytes("order-" + i), Kafka.bytes("{}"))).toList());
        Cluster cluster = new Cluster(lab.broker().bootstrap(), null);
        Properties client = cluster.client("ledger");
        client.put(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, Clients.class.getName());
        LedgerTopic topic = LedgerTopic.prepare(new TopicAdmin(cluster, lab.kafka().admin()),
                new NewTopic(lab.events, 24, (short) 1), lab.outcomes, Duration.ZERO,
                LoggerFactory.getLogger(LedgerRestoreProof.class));
        LedgerRestore restore = new LedgerRestore(client, lab.group, topic, new Outcomes(), (of, size, took) -> { });
        List<Ledger> ledgers = IntStream.range(0, 24)
                .mapToObj(partition -> restore.begin(new TopicPartition(lab.events, partition))).toList();
        await("all are read back").atMost(Duration.ofSeconds(60)).until(() -> ledgers.stream().allMatch(
                Ledger::restored));
        ledgers.forEach(Ledger::close);
        assertThat(Clients.MOST.get()).isBetween(2, 4);
        assertThat(Clients.OPEN.get()).isZero();
    }

    // --- steps ----------------------------------------------------------------------------------------------------

    private static Path settings(Lab lab, String lines) throws Exception {
        return Files.writeString(Files.createDirectories(lab.folder()).resolve("client.properties"), lines);
    }

    private static KafkaProducer<byte[], byte[]> inTransaction(Lab lab) {
        KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, lab.broker().bootstrap(),
                ProducerConfig.TRANSACTIONAL_ID_CONFIG, "foreign-" + lab.group),
                new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
        producer.beginTransaction();
        return producer;
    }

    private static void addPartitions(Lab lab, String topic, int partitions) throws Exception {
        lab.kafka().admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(partitions))).all().get();
        await("partitions of " + topic).atMost(SOON).until(() -> lab.kafka().partitions(topic) == partitions);
    }

    /** With a client that has just learned how many partitions there are. */
    private static void sendAgain(Lab lab, int from, int to) {
        try (Kafka client = new Kafka(lab.broker().client())) {
            client.sendAll(IntStream.range(from, to).mapToObj(i -> new ProducerRecord<>(lab.events,
                    Kafka.bytes("order-" + i), Kafka.bytes(Api.record("order-" + i, "customer123", "59.98"))))
                    .toList());
        }
    }

    private static void awaitShared(Lab lab, List<Integer> partitions) {
        await("the partitions are shared " + partitions).atMost(Duration.ofSeconds(30))
                .until(() -> lab.kafka().assignment(lab.group).equals(partitions));
    }

    private static void awaitReport(Running consumer, String report) {
        awaitReport(consumer, report, 1);
    }

    private static void awaitReport(Running consumer, String report, int times) {
        await("reported " + times + " times: " + report).atMost(SOON).pollInterval(Duration.ofMillis(100))
                .until(() -> consumer.err().lines().filter(line -> line.contains(report)).count() >= times);
    }

    private static Duration cpu(Running process) {
        return ProcessHandle.of(process.pid()).flatMap(one -> one.info().totalCpuDuration()).orElseThrow();
    }

    private static String[] orders(String more, int orders) {
        return Stream.concat(Stream.of(more), Stream.iterate(0, i -> i + 1).limit(orders).map(i -> "order-" + i))
                .toArray(String[]::new);
    }

    /** Counts the clients that are open; Kafka creates and closes one with each client. */
    public static final class Clients implements MetricsReporter {
        private static final AtomicInteger OPEN = new AtomicInteger();
        private static final AtomicInteger MOST = new AtomicInteger();

        @Override
        public void configure(Map<String, ?> settings) {
            MOST.accumulateAndGet(OPEN.incrementAndGet(), Math::max);
        }

        @Override
        public void init(List<KafkaMetric> metrics) {
        }

        @Override
        public void metricChange(KafkaMetric metric) {
        }

        @Override
        public void metricRemoval(KafkaMetric metric) {
        }

        @Override
        public void close() {
            OPEN.decrementAndGet();
        }
    }

    private static final class Outcomes implements OutcomeFormat<String> {
        @Override
        public byte[] processed(Message<String> message, String group, ConsumerRecord<?, ?> source, int attempts) {
            throw new UnsupportedOperationException();
        }

        @Override
        public byte[] deadLettered(Message<String> message, Exception cause, String group,
                ConsumerRecord<?, ?> source, int attempts) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Entry read(byte[] outcome) {
            return new Entry(Digest.of(outcome), null, null);
        }
    }
}
