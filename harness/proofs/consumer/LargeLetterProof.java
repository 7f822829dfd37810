package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lab.Api;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A topic takes a record by its compressed size, a producer by its full size. A bad record that fits only compressed
 * holds up nothing, and is not lost (5).
 */
@ExtendWith(LabExtension.class)
class LargeLetterProof {
    private static final int THREE_MB = 3_000_000;
    private static final int TWELVE_MB = 12_000_000;

    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void aBadRecordThatFitsOnlyCompressedIsDeadLetteredAndReplayed(String commit, Lab lab) throws Exception {
        byte[] value = sendCompressed(lab, THREE_MB);
        lab.consumer("--commit", commit);
        lab.awaitCaughtUp();
        assertThat(onlyLetter(lab).value()).isEqualTo(value);
        assertThat(lab.inspect("show", "0:0").out()).contains("customerf", "dead letter", "0:0");

        Ended replay = lab.inspect("replay", "--execute");
        assertThat(replay.exitCode()).as(replay.tail()).isZero();
        assertReplayedWhole(lab, value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void oneThatIsLargerThanAnythingTheConsumerMayWriteIsDeadLetteredByReference(String commit, Lab lab)
            throws Exception {
        byte[] value = sendCompressed(lab, TWELVE_MB);
        lab.consumer("--commit", commit);
        lab.awaitCaughtUp();
        assertIsAReference(lab, onlyLetter(lab), value);

        assertThat(lab.inspect("list").out()).contains("value of " + value.length + " bytes not copied",
                lab.events + "-0@0");
        assertThat(lab.inspect("list", "--format", "jsonl").out()).contains("\"value_omitted\":" + value.length);
        assertThat(lab.inspect("show", "0:0").out()).contains("not copied", "--fetch-original", lab.events + "-0@0");
        assertThat(lab.inspect("show", "0:0", "--fetch-original").out()).contains("customerf");

        Ended without = lab.inspect("replay", "--execute");
        assertThat(without.exitCode()).isEqualTo(1);
        assertThat(without.err()).contains("1 not replayed", "not copied", "--not-copied --fetch-original");
        assertThat(lab.kafka().records(lab.events)).as("no empty value is sent").hasSize(2);

        Ended replay = lab.inspect("replay", "--execute", "--not-copied", "--fetch-original");
        assertThat(replay.exitCode()).as(replay.tail()).isZero();
        assertReplayedWhole(lab, value);
    }

    /** A topic may be deleted and made again: then another record has the place of the original. */
    @Test
    void theInspectorTakesNoOtherRecordForTheOriginal(Lab lab) throws Exception {
        sendCompressed(lab, TWELVE_MB);
        Running consumer = lab.consumer();
        lab.awaitCaughtUp();
        consumer.stop();
        lab.kafka().admin().deleteTopics(List.of(lab.events)).all().get();
        await("it is gone").until(() -> lab.kafka().partitions(lab.events) == 0);
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().send(lab.events, "large", Api.record("large", "customer123", "1"));

        Ended replay = lab.inspect("replay", "--execute", "--fetch-original");
        assertThat(replay.exitCode()).as(replay.tail()).isEqualTo(1);
        assertThat(replay.err()).contains("originals are gone: 0:0");
        assertThat(lab.kafka().records(lab.events)).hasSize(1);
    }

    @Test
    void aLargerLimitInTheClientSettingsIsUsed(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.dlq, 1, Map.of("max.message.bytes", "20000000"));
        byte[] value = sendCompressed(lab, TWELVE_MB);
        lab.consumer("--command-config", settings(lab, "max.request.size=20000000"));
        lab.awaitCaughtUp();
        assertThat(onlyLetter(lab).value()).isEqualTo(value);
    }

    /** Where the dead-letter topic's own limit cannot be raised. */
    @Test
    void aSmallerLimitInTheClientSettingsMakesReferences(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.dlq, 1);
        byte[] value = sendCompressed(lab, THREE_MB);
        lab.consumer("--command-config", settings(lab, "max.request.size=1000000"));
        lab.awaitCaughtUp();
        assertIsAReference(lab, onlyLetter(lab), value);
    }

    /** The same, but the producer compresses. */
    @Test
    void withCompressionInTheClientSettingsItFitsATopicWithKafkasOwnLimit(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.dlq, 1);
        byte[] value = sendCompressed(lab, THREE_MB);
        lab.consumer("--command-config", settings(lab, "compression.type=gzip"));
        lab.awaitCaughtUp();
        assertThat(onlyLetter(lab).value()).isEqualTo(value);
    }

    /** Which one fits is then not a question of its size alone. */
    @Test
    void aSmallerOneThatDoesNotShrinkHoldsBackNoLargerOneThatDoes(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.dlq, 1);
        lab.kafka().createTopic(lab.events, 1, Map.of("max.message.bytes", "8388608"));
        byte[] noise = new byte[1_300_000];
        new Random(1).nextBytes(noise);
        send(lab, Map.of(), new ProducerRecord<>(lab.events, Kafka.bytes("noise"), noise));
        byte[] value = sendCompressed(lab, THREE_MB);
        lab.consumer("--command-config", settings(lab, "compression.type=gzip"));
        await("the larger one is there").atMost(Duration.ofSeconds(40)).until(() -> lab.deadLetters().size() == 1);
        assertThat(onlyLetter(lab).value()).isEqualTo(value);
    }

    /**
     * Nothing takes its place: once the topic has a larger limit, the whole letter is written. The topic's own
     * compression does not help: the broker checks the size first.
     */
    @Test
    void aTopicThatTakesTooLittleHoldsItBackAndItIsSaidWhichLimitToRaise(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.dlq, 1, Map.of("compression.type", "gzip"));
        byte[] value = sendCompressed(lab, THREE_MB);
        Running consumer = lab.consumer();
        await("it is reported").atMost(Duration.ofSeconds(30)).until(() -> consumer.err().lines().anyMatch(
                line -> line.contains("Kafka refuses the dead letter of " + lab.events + "-0@0")
                        && line.contains("max.message.bytes of " + lab.dlq) && line.contains("max.request.size")));
        assertThat(lab.deadLetters()).isEmpty();
        lab.kafka().alterTopic(lab.dlq, "max.message.bytes", "8388608");
        lab.awaitCaughtUp();
        assertThat(onlyLetter(lab).value()).isEqualTo(value);
    }

    /**
     * Sends an order that fails, as a producer with {@code compression.type=gzip} does, and then a good one; both to
     * a topic with Kafka's own limit of about 1 MB.
     */
    private static byte[] sendCompressed(Lab lab, int size) throws Exception {
        String note = IntStream.range(0, size / 9).mapToObj(i -> "line " + i % 1_000)
                .collect(Collectors.joining("\\n"));
        byte[] value = Kafka.bytes(Api.record("large", "customerf", "1").replaceFirst("\\{", "{\"note\":\"" + note
                + "\","));
        if (lab.kafka().partitions(lab.events) == 0) {
            lab.kafka().createTopic(lab.events, 1);
        }
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(lab.events, Kafka.bytes("large"), value);
        record.headers().add("trace", Kafka.bytes("trace-1"));
        send(lab, Map.of("compression.type", "gzip"), record);
        lab.kafka().send(lab.events, "good", Api.record("good", "customer123", "1"));
        return value;
    }

    private static void send(Lab lab, Map<String, String> more, ProducerRecord<byte[], byte[]> record)
            throws Exception {
        Map<String, Object> settings = new HashMap<>(lab.broker().client());
        settings.put("max.request.size", 2 * TWELVE_MB);
        settings.putAll(more);
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(record).get();
        }
    }

    private static String settings(Lab lab, String line) throws IOException {
        Path file = Files.createDirectories(lab.folder()).resolve("client.properties");
        return Files.writeString(file, line + "\n").toString();
    }

    private static ConsumerRecord<byte[], byte[]> onlyLetter(Lab lab) {
        assertThat(lab.outcomes().get("good")).as("the one behind it").hasSize(1);
        assertThat(lab.deadLetters()).hasSize(1);
        return lab.deadLetters().getFirst();
    }

    /** All headers, and the key. */
    private static void assertIsAReference(Lab lab, ConsumerRecord<byte[], byte[]> letter, byte[] value) {
        assertThat(letter.value()).isNull();
        assertThat(letter.key()).isEqualTo(Kafka.bytes("large"));
        assertThat(Kafka.header(letter, "trace")).isEqualTo("trace-1");
        assertThat(Kafka.header(letter, "__dlq.errors.value.omitted")).isEqualTo(String.valueOf(value.length));
        assertThat(Kafka.header(letter, "__dlq.errors.topic")).isEqualTo(lab.events);
        assertThat(Kafka.header(letter, "__dlq.errors.partition")).isEqualTo("0");
        assertThat(Kafka.header(letter, "__dlq.errors.offset")).isEqualTo("0");
        assertThat(Kafka.header(letter, "__dlq.errors.message")).contains("customerf");
        assertThat(Kafka.header(letter, "__dlq.errors.stacktrace")).contains("SimulatedWork");
    }

    /** It fails again, since nobody mended it. */
    private static void assertReplayedWhole(Lab lab, byte[] value) {
        lab.awaitCaughtUp();
        List<ConsumerRecord<byte[], byte[]>> records = lab.kafka().records(lab.events);
        assertThat(records).hasSize(3);
        assertThat(records.getLast().value()).isEqualTo(value);
        assertThat(Kafka.header(records.getLast(), "trace")).isEqualTo("trace-1");
        assertThat(Kafka.header(records.getLast(), "__dlq.errors.value.omitted")).isNull();
        assertThat(lab.deadLetters()).hasSize(2);
        assertThat(Kafka.header(lab.deadLetters().getLast(), "__dlq.replays")).isEqualTo("1");
    }
}
