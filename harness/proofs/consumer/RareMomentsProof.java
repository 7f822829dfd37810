package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import consumer.Assignment;
import consumer.CommitPolicy.HappyPath;
import consumer.Delivery;
import consumer.Handled;
import consumer.OutcomeWriter;
import consumer.OwnedPartition;
import consumer.PendingWrites;
import consumer.Positions;
import consumer.Report;
import consumer.TransactionRecovery;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.OwnBroker;
import ledger.Ledger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import work.Result;

/** Rare moments: what a reset, a stop, a rebalance and a destination that is away do to each other (3, 4, 5). */
@Order(1) // one after the other they take minutes
@Execution(ExecutionMode.SAME_THREAD) // some of them break the broker
class RareMomentsProof {
    @RegisterExtension
    static final LabExtension ON_ITS_OWN_BROKER = new LabExtension(
            folder -> new OwnBroker(folder, "--property", "auto.create.topics.enable=false"));

    private static final Duration SOON = Duration.ofSeconds(40);

    private final Report report = new Report("order", LoggerFactory.getLogger(RareMomentsProof.class));
    private final PendingWrites pending = new PendingWrites(Duration.ZERO, false, report);

    private static Handled handled(OwnedPartition partition, long offset, String key,
            ProducerRecord<byte[], byte[]> letter, ProducerRecord<byte[], byte[]> outcome) {
        return handled(Delivery.of(new ConsumerRecord<>("orders", 0, offset, key.getBytes(StandardCharsets.UTF_8),
                new byte[10]), partition), letter, outcome);
    }

    private static Handled handled(Delivery delivery, ProducerRecord<byte[], byte[]> letter,
            ProducerRecord<byte[], byte[]> outcome) {
        return new Handled(delivery, new Result.DeadLettered<>(null, new Exception("no"), 1), letter, outcome);
    }

    private static OwnedPartition partition(int partition) {
        return new OwnedPartition(new TopicPartition("orders", partition), "", Ledger.none());
    }

    /** A record of a partition that left is acknowledged at last, while another one waits. */
    @Test
    void whatIsNotWrittenStaysPendingWhateverElseIsAcknowledged() {
        Handled left = handled(partition(0), 0, "a", null, null);
        Handled waits = handled(partition(1), 0, "b", null, null);
        pending.add(left);
        left.delivery().partition().forget();
        pending.add(waits);
        assertThat(pending.all()).containsExactly(waits);
        pending.written(List.of(left));
        assertThat(pending.all()).containsExactly(waits);
    }

    private static Map<String, Object> writerSettings(Lab lab, String id) {
        return Map.of("bootstrap.servers", lab.broker().bootstrap(), "transactional.id", id, "max.block.ms", 1_000,
                "key.serializer", ByteArraySerializer.class, "value.serializer", ByteArraySerializer.class);
    }

    /** Twenty dead letters in one transaction, for a topic that is missing. */
    @Test
    void aMissingTopicHoldsUpATransactionForASecondNotForOneForEachRecord(Lab lab) {
        OwnedPartition partition = partition(0);
        for (int i = 0; i < 20; i++) {
            pending.add(handled(partition, i, "a" + i, new ProducerRecord<>(lab.dlq, new byte[10]), null));
        }
        OutcomeWriter writer = new OutcomeWriter(pending, () -> { });
        try (Producer<byte[], byte[]> producer = new KafkaProducer<>(writerSettings(lab, "x"))) {
            await("transactions can begin").atMost(SOON).ignoreException(TimeoutException.class).until(() -> {
                producer.initTransactions(); // the first one of a broker takes seconds
                return true;
            });
            producer.beginTransaction();
            long began = System.nanoTime();
            assertThatThrownBy(() -> writer.send(producer, pending.all())).isInstanceOf(KafkaException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
            producer.abortTransaction();
        }
    }

    /** After a reset all is read again, so that what was pending before must not be written. */
    @Test
    void whatAResetForgetsIsNotWritten(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        lab.sendOrders(0, 1);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(Map.of("bootstrap.servers",
                lab.broker().bootstrap(), "group.id", lab.group, "auto.offset.reset", "none",
                "key.deserializer", ByteArrayDeserializer.class, "value.deserializer", ByteArrayDeserializer.class,
                "enable.auto.commit", false));
                Admin admin = Admin.create(Map.of("bootstrap.servers", lab.broker().bootstrap()))) {
            Positions positions = new Positions(consumer, admin, lab.events, Instant.MIN, false, false, report);
            Assignment assignment = new Assignment(consumer, positions, p -> Ledger.none(), 1_000, 1 << 20, report);
            List<List<Handled>> ran = new ArrayList<>();
            HappyPath path = (producer, batch) -> {
                ran.add(batch);
                if (ran.size() == 1) {
                    throw new ProducerFencedException("the outcome of this transaction is unknown");
                }
            };
            TransactionRecovery recovery = new TransactionRecovery(number -> new KafkaProducer<>(
                    writerSettings(lab, UUID.randomUUID().toString())), consumer, assignment,
                    new OutcomeWriter(pending, () -> { }), pending, path, () -> false);
            consumer.subscribe(List.of(lab.events), assignment.onRebalance(revoked -> { }));
            await("the record").atMost(SOON).pollInSameThread().until(() -> {
                for (var record : assignment.poll(Duration.ofMillis(100))) {
                    pending.add(handled(assignment.accept(record).orElseThrow(), null, null));
                }
                return !pending.all().isEmpty();
            });
            await("a transaction, and a reset").atMost(SOON).pollInSameThread().until(() -> {
                recovery.commit(pending.all());
                return pending.all().isEmpty();
            });
            assertThat(ran).as("batches").hasSize(1);
            recovery.close();
        }
    }

    /** Something else with the same transactional id begins, again and again, under load. */
    @Test
    void aProducerThatIsFencedAgainAndAgainWritesEachOutcomeOnce(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 3);
        lab.sendOrders(0, 6_000);
        Running consumer = lab.consumer("--commit", "transactional", "--instance-id", "x", "--work-ms", "20-80",
                "--concurrency", "50");
        await("it works").atMost(SOON).until(() -> lab.outcomes().size() > 100);
        for (int i = 0; i < 6; i++) {
            int before = lab.outcomes().size();
            Map<String, Object> settings = new HashMap<>(writerSettings(lab, lab.group + "/x"));
            settings.put("max.block.ms", 60_000);
            try (Producer<byte[], byte[]> other = new KafkaProducer<>(settings)) {
                other.initTransactions();
            }
            await("it goes on").atMost(Duration.ofSeconds(60))
                    .until(() -> lab.outcomes().size() > before || before == 6_000);
        }
        await("all").atMost(Duration.ofSeconds(60)).until(() -> lab.outcomes().size() == 6_000 || !consumer.alive());
        assertThat(consumer.alive()).isTrue();
        assertThat(visible(lab)).isEqualTo(Map.of(1, 6_000L));
    }

    /** It was found corrupt at an offset; then the partition is lost and comes back, and begins before that. */
    @Test
    void noOrderBeforeACorruptRecordIsLostWhenItsPartitionComesBack(Lab lab, OwnBroker broker) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        lab.sendAllTo(0, "before-", 20, "customer123", 0);
        lab.sendAllTo(0, "changed-", 1, "customer123", 0);
        broker.stop();
        changeAByte(broker.segment(lab.events, 0), "\"changed-0\"");
        broker.startAgain();
        Running consumer = lab.consumer("--commit", "transactional", "--work-ms", "5000", "--concurrency", "50");
        await("it is found").atMost(SOON).until(() -> consumer.err().contains("is corrupt at offset 20"));
        consumer.freeze();
        await("its session is over").atMost(SOON).until(() -> lab.kafka().assignment(lab.group).isEmpty());
        consumer.thaw();
        await("all before it").atMost(SOON).until(() -> lab.outcomes().size() == 20);
    }

    private static void changeAByte(Path segment, String near) throws Exception {
        byte[] bytes = Files.readAllBytes(segment);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(near);
        assertThat(at).isPositive();
        bytes[at + 2] ^= 1;
        Files.write(segment, bytes);
    }

    @Test
    void fewerBytesThanPartitionsAreABoundToo(Lab lab) {
        lab.sendOrders(0, 30);
        lab.consumer("--max-in-flight-bytes", "1");
        await("all").atMost(SOON).until(() -> lab.outcomes().size() == 30);
    }

    /** The topic of dead letters is deleted, and large ones that wait for it fill the producer's buffer. */
    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void largeDeadLettersThatWaitHoldUpNoOtherOrder(String commit, Lab lab) throws Exception {
        lab.kafka().createTopic(lab.dlq, 1, Map.of("max.message.bytes", "9000000"));
        lab.kafka().createTopic(lab.events, 3);
        Running consumer = lab.consumer("--commit", commit, "--figures-interval-ms", "500", "--work-ms", "2000",
                "--concurrency", "200");
        lab.sendAllTo(0, "first-", 1, "customerf", 0);
        lab.awaitCaughtUp();
        for (int p = 0; p < 2; p++) {
            lab.sendAllTo(p, "bad-" + p + "-", 40, "customerf", 900_000);
        }
        lab.kafka().admin().deleteTopics(Set.of(lab.dlq)).all().get();
        await("held").atMost(SOON).until(() -> consumer.out().contains("-1 is held back"));
        lab.sendAllTo(2, "good-", 50, "customer123", 0);
        await("all others are processed").atMost(Duration.ofSeconds(20)).until(() -> lab.outcomes().keySet().stream()
                .filter(order -> order.startsWith("good-")).count() == 50);
        lab.kafka().createTopic(lab.dlq, 1, Map.of("max.message.bytes", "9000000"));
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 131L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void aStopWaitsForHandlersOnce(String commit, Lab lab) {
        lab.sendOrders(0, 3);
        Running consumer = lab.consumer("--commit", commit, "--work-ms", "100000", "--handler-timeout", "200000",
                "--drain-timeout-ms", "6000", "--verbose");
        await("being handled").atMost(SOON).until(() -> consumer.err().contains("processing order"));
        long began = System.nanoTime();
        consumer.stopWithin(Duration.ofSeconds(60));
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        assertThat(took).isLessThan(Duration.ofSeconds(9));
    }

    /** The broker does not answer while the consumer stops. */
    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void aStopWhileKafkaIsAwayEndsInTime(String commit, Lab lab, OwnBroker broker) throws Exception {
        lab.kafka().createTopic(lab.events, 3);
        lab.sendOrders(0, 4_000);
        Running consumer = lab.consumer("--commit", commit, "--work-ms", "20", "--concurrency", "10",
                "--figures-interval-ms", "500");
        await("it works").atMost(SOON).until(() -> lab.outcomes().size() > 100);
        broker.freeze();
        try {
            await("it misses Kafka").atMost(SOON).until(() -> consumer.err().contains("not committed")
                    || consumer.out().contains("waits to be written"));
            long began = System.nanoTime();
            consumer.stopWithin(Duration.ofSeconds(60));
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(29));
        } finally {
            broker.thaw();
        }
        lab.consumer("--commit", commit, "--verbose");
        lab.awaitCaughtUp();
        assertThat(visible(lab)).isEqualTo(Map.of(1, 4_000L));
    }

    /** How many orders have how many outcomes that can be read. */
    private static Map<Integer, Long> visible(Lab lab) {
        return lab.kafka().visibleRecords(lab.outcomes).stream().collect(Collectors.groupingBy(
                outcome -> new String(outcome.key(), StandardCharsets.UTF_8), Collectors.counting())).values().stream()
                .collect(Collectors.groupingBy(Long::intValue, Collectors.counting()));
    }
}
