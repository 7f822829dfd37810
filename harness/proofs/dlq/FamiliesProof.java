package proofs.dlq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import families.Copies;
import families.ErrorHeaders;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * DlqInspector reads the dead letters of other libraries, and sends the records back as they were. The libraries
 * themselves write them here, each in its own process: harness/families.
 */
@ExtendWith(LabExtension.class)
class FamiliesProof {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int RECORDS = 4;

    @Test
    void deadLettersOfKafkaConnect(Lab lab) {
        List<Own> originals = send(lab);
        letFail(lab, "ConnectLetters", List.of(lab.dlq), lab.events, lab.dlq, lab.group);

        IntFunction<Map<String, Object>> either = i -> failure("family", "Kafka Connect", "topic", lab.events,
                "partition", 1, "offset", i, "connector", lab.group, "task", 0);
        List<List<Map<String, Object>>> failures = failures(lab, lab.dlq);
        assertThat(bare(failures)).containsExactlyElementsOf(each(i -> List.of(i == 0
                ? and(either.apply(i), "stage", "VALUE_CONVERTER", "executing_class",
                        "org.apache.kafka.connect.json.JsonConverter", "exception",
                        "org.apache.kafka.connect.errors.DataException", "message",
                        "Converting byte[] to Kafka Connect data failed due to serialization error: ")
                : and(either.apply(i), "stage", "TASK_PUT", "executing_class",
                        "org.apache.kafka.connect.sink.SinkTask", "exception", "java.lang.IllegalStateException"))));
        assertThat(latestErrors(failures)).containsExactly(
                "org.apache.kafka.connect.errors.DataException: Converting byte[] to Kafka Connect data failed due to "
                        + "serialization error: ", "java.lang.IllegalStateException",
                "java.lang.IllegalStateException", "java.lang.IllegalStateException");
        assertTrueClaims(lab, originals);
        assertThat(replayed(lab, lab.dlq)).containsExactlyInAnyOrderElementsOf(originals);
    }

    @Test
    void deadLettersOfKafkaStreams(Lab lab) {
        List<Own> originals = send(lab);
        letFail(lab, "StreamsLetters", List.of(lab.dlq), lab.events, lab.dlq, lab.group);

        List<List<Map<String, Object>>> failures = failures(lab, lab.dlq);
        assertThat(bare(failures)).containsExactlyElementsOf(each(i -> List.of(failure(
                "family", "Kafka Streams", "topic", lab.events, "partition", 1, "offset", i,
                "exception", i == 0 ? "org.apache.kafka.common.errors.SerializationException"
                        : "java.lang.IllegalStateException",
                "message", i == 0 ? "Size of data received by LongDeserializer is not 8" : "refused"))));
        assertThat(latestErrors(failures).getLast()).isEqualTo("java.lang.IllegalStateException: refused");
        assertTrueClaims(lab, originals);
        assertThat(replayed(lab, lab.dlq)).containsExactlyInAnyOrderElementsOf(originals);
    }

    @Test
    void deadLettersOfSmallRyeThatFailAgain(Lab lab) {
        List<Own> originals = send(lab);
        String second = lab.dlq + "-second";
        lab.kafka().createTopic(second, 1);
        letFail(lab, "SmallRyeLetters", List.of(lab.dlq, second), lab.events, lab.dlq, second, lab.group);

        IntFunction<Map<String, Object>> first = i -> failure("family", "SmallRye", "topic", lab.events, "partition", 1,
                "offset", i, "exception", "java.lang.IllegalStateException", "cause",
                "java.lang.IllegalArgumentException", "message", "refused");
        assertThat(bare(failures(lab, lab.dlq))).containsExactlyElementsOf(each(i -> List.of(first.apply(i))));
        assertThat(bare(failures(lab, second))).containsExactlyElementsOf(each(i -> List.of(first.apply(i), failure(
                "family", "SmallRye", "topic", lab.dlq, "partition", 0, "offset", i, "exception",
                "java.lang.UnsupportedOperationException", "message", "java.lang.UnsupportedOperationException"))));
        assertTrueClaims(lab, originals);
        assertThat(replayed(lab, second)).usingRecursiveFieldByFieldElementComparatorIgnoringFields("timestamp")
                .containsExactlyInAnyOrderElementsOf(originals); // the letter does not have the original timestamp
    }

    @Test
    void deadLettersOfSpringKafkaThatFailAgainAndThoseOfItsRetryTopics(Lab lab) {
        List<Own> originals = send(lab);
        String second = lab.dlq + "-second";
        String retried = lab.events + "-dlt";
        lab.kafka().createTopic(second, 1);
        letFail(lab, "SpringLetters", List.of(lab.dlq, second, retried), lab.events, lab.dlq, second, lab.group);

        String unreadable = "org.springframework.kafka.support.serializer.DeserializationException";
        String failed = "org.springframework.kafka.listener.ListenerExecutionFailedException";
        IntFunction<Map<String, Object>> first = i -> failure("family", "Spring Kafka", "topic", lab.events,
                "partition", 1, "offset", i, "timestamp", originals.get(i).timestamp(), "timestamp_type", "CreateTime",
                "group", lab.group, "attempts", i == 0 ? 1 : 2);
        assertThat(bare(failures(lab, lab.dlq))).containsExactlyElementsOf(each(i -> List.of(and(first.apply(i),
                "exception", i == 0 ? unreadable : failed, "cause",
                i == 0 ? unreadable : "java.lang.IllegalStateException", "message", i == 0 ? "failed to deserialize"
                        : "Listener method 'void families.SpringLetters.first(org.apache.kafka.clients.consumer."
                                + "ConsumerRecord<byte[], java.lang.Long>)' threw exception; refused"))));

        List<ConsumerRecord<byte[], byte[]>> letters = lab.kafka().records(lab.dlq);
        List<List<Map<String, Object>>> failures = failures(lab, second);
        assertThat(bare(failures)).as("the headers of the first failure are removed")
                .containsExactlyElementsOf(each(i -> List.of(first.apply(i), failure("family", "Spring Kafka", "topic",
                        lab.dlq, "partition", 0, "offset", i, "timestamp", own(letters.get(i)).timestamp(),
                        "timestamp_type", "CreateTime", "group", lab.group + "-second", "attempts", 2, "exception",
                        failed, "cause", "java.lang.UnsupportedOperationException", "message",
                        "Listener method 'void families.SpringLetters.second(org.apache.kafka.clients.consumer."
                                + "ConsumerRecord<byte[], byte[]>)' threw exception; refused again"))));
        assertThat(bare(failures(lab, retried))).as("one failure, of the last of three attempts")
                .containsExactlyInAnyOrderElementsOf(each(i -> List.of(and(first.apply(i), "group",
                        lab.group + "-retrying", "attempts", i == 0 ? 1 : 3, "exception", i == 0 ? unreadable : failed,
                        "cause", i == 0 ? unreadable : "java.lang.IllegalArgumentException", "message",
                        i == 0 ? "failed to deserialize" : "Listener failed; refused each time"))));

        assertThat(latestErrors(failures).getLast()).startsWith(failed);
        assertTrueClaims(lab, originals);
        assertThat(replayed(lab, second)).containsExactlyInAnyOrderElementsOf(originals);
        assertThat(replayed(lab, retried)).containsExactlyInAnyOrderElementsOf(
                Stream.concat(originals.stream(), originals.stream()).toList());
    }

    /** The broker writes these, with copies and without; the groups go on, so that replayed records fail again. */
    @Test
    void deadLettersOfShareGroupsThatFailAgain(Lab lab) {
        List<Own> originals = send(lab);
        String copies = "dlq." + lab.events; // the broker requires this prefix
        String without = copies + "-without-copies";
        lab.kafka().createTopic(copies, 1);
        lab.kafka().createTopic(without, 1);
        Running groups = lab.start("ShareLetters", lab.broker().bootstrap(), lab.events, copies, without, lab.group);
        awaitLetters(lab, groups, RECORDS, copies, without);

        IntFunction<Map<String, Object>> first = i -> failure("family", "share group or OrderConsumer",
                "topic", lab.events, "partition", 1, "offset", i, "group", lab.group, "attempts", i == 0 ? 1 : 2,
                "message", i == 0 ? "Offset rejected by client." : "Offset delivery count exceeded the threshold.");
        assertThat(bare(failures(lab, copies))).containsExactlyInAnyOrderElementsOf(each(i -> List.of(first.apply(i))));
        assertThat(bare(failures(lab, without))).containsExactlyInAnyOrderElementsOf(each(i -> List.of(
                and(first.apply(i), "group", lab.group + "-without-copies"))));
        String second = letterOfOffset(lab, without, 1);
        assertThat(inspect(lab, copies, "show", letterOfOffset(lab, copies, 1)).out())
                .contains("written by share group", "12345678");
        assertThat(inspect(lab, without, "show", second).out()).contains("written by share group", "not copied")
                .doesNotContain("12345678");
        assertThat(inspect(lab, without, "show", second, "--fetch-original").out())
                .contains("original", lab.events + "-1@1", "12345678", "dead-letter-box");

        InspectorProof.sentence(lab.inspectTopic(without, "replay", "--execute"), 1,
                "4 not replayed because the value was not copied: --not-copied --fetch-original");
        String[] atMostOnce = {"--not-copied", "--fetch-original", "--max-replays", "1"};
        assertThat(replayed(lab, without, atMostOnce)).containsExactlyInAnyOrderElementsOf(originals);
        awaitLetters(lab, groups, 2 * RECORDS, copies, without);
        assertThat(replayed(lab, without, atMostOnce)).as("and no more").hasSize(RECORDS);
        assertThat(lab.kafka().records(without + "-quarantine")).hasSize(RECORDS).allSatisfy(quarantined -> {
            assertThat(Kafka.header(quarantined, "__dlq.replays")).isEqualTo("1");
            assertThat(Kafka.header(quarantined, "__dlq.errors.group")).isEqualTo(lab.group + "-without-copies");
        }).extracting(FamiliesProof::own).usingRecursiveFieldByFieldElementComparatorOnFields("key", "value")
                .containsExactlyInAnyOrderElementsOf(originals);
        groups.kill9();

        assertThat(replayed(lab, copies)).filteredOn(record -> record.headers().isEmpty())
                .as("a copy has only key and value, also one of a replayed record")
                .usingRecursiveFieldByFieldElementComparatorOnFields("key", "value")
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(originals.stream(), originals.stream()).toList());
        letterOf(lab, without, null, null, "__connect.errors.topic", lab.events);
        letterOf(lab, without, null, null, "__dlq.errors.topic", lab.events, "__dlq.errors.exception", "shop.Refused");
        assertThat(inspect(lab, without, "list", "--not-copied").out()).as("elsewhere a null value is a copy")
                .contains(2 * RECORDS + " dead letters in");
        lab.kafka().deleteRecords(lab.events, 1, RECORDS);
        InspectorProof.sentence(lab.inspectTopic(without, "show", second, "--fetch-original"), 1, "original is gone");
    }

    /** The place, as PARTITION:OFFSET, of a share group's dead letter for an offset. */
    private static String letterOfOffset(Lab lab, String topic, int offset) {
        return lab.kafka().records(topic).stream()
                .filter(letter -> String.valueOf(offset).equals(Kafka.header(letter, "__dlq.errors.offset")))
                .map(letter -> letter.partition() + ":" + letter.offset()).findFirst().orElseThrow();
    }

    /** Other headers that those libraries write, or used to write, or that are damaged, made by hand. */
    @Test
    void everyHeaderIsReadByItsNameAndUnreadableOnesAreLeftOut(Lab lab) {
        lab.kafka().createTopic(lab.dlq, 1);
        List<List<Map<String, Object>>> expected = new ArrayList<>();

        letter(lab); // of no family
        expected.add(List.of());

        letter(lab, "__dlq.errors.topic", "t", "__dlq.errors.partition", "1234", "__dlq.errors.offset", "1234",
                "__dlq.errors.group", "g", "__dlq.errors.delivery.count", "5", "__dlq.errors.message", "rejected");
        expected.add(List.of(failure("family", "share group or OrderConsumer", "topic", "t", "partition", 1234,
                "offset", 1234, "group",
                "g", "attempts", 5, "message", "rejected")));

        letter(lab, "__streams.errors.exception", "java.lang.Exception", "__streams.errors.topic", null,
                "__streams.errors.partition", "-1", "__streams.errors.offset", "-1"); // of a punctuator
        expected.add(List.of(failure("family", "Kafka Streams", "exception", "java.lang.Exception")));

        letter(lab, "retry_topic-attempts", new byte[] {(byte) 200}, "retry_topic-original-timestamp", new byte[] {5});
        expected.add(List.of(failure("family", "Spring Kafka", "timestamp", "1970-01-01T00:00:00.005Z", "attempts",
                199)));

        letter(lab, "retry_topic-attempts", new byte[4]); // 0, as Spring reads it
        expected.add(List.of(failure("family", "Spring Kafka", "attempts", 0)));

        letter(lab, "kafka_dlt-key-exception-fqcn", "K", "kafka_dlt-exception-fqcn", "V", "kafka_dlt-original-topic",
                "t", "kafka_dlt-original-partition", "1234", "kafka_dlt-original-offset", "12345678",
                "kafka_dlt-exception-fqcn", "W", "kafka_dlt-original-topic", "u"); // stripPreviousExceptionHeaders off
        expected.add(List.of(
                failure("family", "Spring Kafka", "topic", "t", "partition", 0x31323334, "offset", 0x3132333435363738L,
                        "exception", "V"),
                failure("family", "Spring Kafka", "topic", "u", "exception", "W")));

        letter(lab, "kafka_dlt-original-topic", "t", "kafka_dlt-original-partition", "1", "kafka_dlt-original-offset",
                new byte[0], "kafka_dlt-original-timestamp", ByteBuffer.allocate(8).putLong(-1).array(),
                "retry_topic-attempts", "12", "retry_topic-original-timestamp", "a timestamp of far too many bytes");
        expected.add(List.of(failure("family", "Spring Kafka", "topic", "t")));

        letter(lab, "__connect.errors.topic", new byte[] {'t', (byte) 0xff}, "__connect.errors.partition",
                "99999999999", "__connect.errors.offset", "first", "__connect.errors.exception.message", null,
                "__dlq.errors.topic", "t", "__dlq.errors.timestamp", "yesterday");
        expected.add(List.of(failure("family", "Kafka Connect", "topic", "t\ufffd"),
                failure("family", "share group or OrderConsumer", "topic", "t")));

        letter(lab, "dead-letter-reason", "third", "dead-letter-topic", "c", "dead-letter-reason", "first",
                "dead-letter-topic", "a", "__connect.errors.topic", "x", "__connect.errors.stage", "TASK_PUT",
                "kafka_dlt-exception-message", "later", "kafka_dlt-original-topic", "y", "__connect.errors.topic", "z");
        expected.add(List.of(failure("family", "SmallRye", "topic", "a", "message", "first"),
                failure("family", "SmallRye", "topic", "c", "message", "third"),
                failure("family", "Kafka Connect", "topic", "x", "stage", "TASK_PUT"),
                failure("family", "Spring Kafka", "topic", "y", "message", "later"),
                failure("family", "Kafka Connect", "topic", "z")));

        assertThat(bare(failures(lab, lab.dlq))).containsExactlyElementsOf(expected);
    }

    @Test
    void aReplayRemovesTheErrorHeadersAndNoOthers(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().createTopic(lab.dlq, 1);
        letter(lab, "__dlq.errors.topic", lab.events, "__dlq.errors.still-to-come", "x", "__connect.errors.new", "x",
                "__streams.errors.new", "x", "kafka_listenerInfo", "x", "springDeserializerExceptionKey", "x",
                "deserialization-failure-data", "x", "delayed-retry-count", "x", "__dlq", "mine", "kafka_dlt-x", "mine",
                "kafka_correlationId", "mine", "dead-letter-office", "mine", "retry_topic", "mine", "dlq", "mine");
        inspect(lab, lab.dlq, "replay", "--execute");
        assertThat(lab.kafka().records(lab.events)).singleElement().satisfies(record -> assertThat(record.headers())
                .extracting(Header::key).containsExactly("__dlq", "kafka_dlt-x", "kafka_correlationId",
                        "dead-letter-office", "retry_topic", "dlq", "__dlq.replays"));
    }

    @Test
    void allHeadersAreShown(Lab lab) {
        lab.kafka().createTopic(lab.dlq, 1);
        letterOf(lab, lab.dlq, new byte[] {0, 0, 0, 5}, null, "__connect.errors.topic", lab.events,
                "__connect.errors.new", "n", "__connect.errors.partition", "first", "dead-letter-cause", null, "mine",
                "m");
        letter(lab);
        Ended list = inspect(lab, lab.dlq, "list", "--key", "0x00000005", "--format", "jsonl");
        assertThat(Kafka.json(Kafka.bytes(list.out())).path("error_headers").toString()).isEqualTo(
                "[{\"name\":\"__connect.errors.new\",\"text\":\"n\"},"
                        + "{\"name\":\"__connect.errors.partition\",\"text\":\"first\"},"
                        + "{\"name\":\"dead-letter-cause\",\"text\":\"(null)\"}]");
    }

    /** Kafka Streams cannot copy a record that it could not produce; in other families a null value is a copy. */
    @Test
    void aRecordThatKafkaStreamsCouldNotProduceIsNotCopied(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().createTopic(lab.dlq, 1);
        letterOf(lab, lab.dlq, null, null, "__connect.errors.topic", lab.events);
        letterOf(lab, lab.dlq, null, null, "__streams.errors.topic", lab.events);
        assertThat(inspect(lab, lab.dlq, "list", "--not-copied").out()).contains("0:1 ", "1 dead letter in");
        Ended replay = lab.inspect("replay", "--execute");
        assertThat(replay.out()).as(replay.tail()).contains("replayed 1 of 1");
        assertThat(replay.exitCode()).as("one is not replayed").isEqualTo(1);
    }

    // --- the records ----------------------------------------------------------------------------------------------

    /** A record without its partition and offset, and without the count of its replays. */
    private record Own(String key, String value, List<String> headers, String timestamp) {
    }

    /**
     * Four records for partition 1, a day old: one whose value is neither a long nor JSON, and three whose value can be
     * read as both; binary and missing keys, headers twice, in order, binary, empty and null.
     */
    private static List<Own> send(Lab lab) {
        lab.kafka().createTopic(lab.events, 2);
        lab.kafka().createTopic(lab.dlq, 1);
        long yesterday = Instant.now().minus(1, ChronoUnit.DAYS).toEpochMilli();
        byte[][] keys = {{0, -1, 1}, Kafka.bytes("key"), Kafka.bytes("key"), null};
        byte[][] values = {{(byte) 0xc3, 0x28, 0}, Kafka.bytes("12345678"), null, Kafka.bytes("87654321")};
        for (int i = 0; i < RECORDS; i++) {
            ProducerRecord<byte[], byte[]> record =
                    new ProducerRecord<>(lab.events, 1, yesterday + i, keys[i], values[i]);
            record.headers().add("trace", new byte[] {0, -1, (byte) i}).add("trace", null).add("trace", new byte[0])
                    .add("dead-letter-box", Kafka.bytes("mine")).add("trace", Kafka.bytes("1234"));
            lab.kafka().send(record);
        }
        return lab.kafka().records(lab.events).stream().map(FamiliesProof::own).toList();
    }

    private static Own own(ConsumerRecord<byte[], byte[]> record) {
        return new Own(hex(record.key()), hex(record.value()),
                StreamSupport.stream(record.headers().spliterator(), false)
                        .filter(header -> !header.key().equals("__dlq.replays"))
                        .map(header -> header.key() + "=" + hex(header.value())).toList(),
                Instant.ofEpochMilli(record.timestamp()).toString());
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "null" : HexFormat.of().formatHex(bytes);
    }

    /** A dead letter with these error headers, name by value: text, bytes or null. */
    private static void letter(Lab lab, Object... headers) {
        letterOf(lab, lab.dlq, null, Kafka.bytes("value"), headers);
    }

    private static void letterOf(Lab lab, String dlq, byte[] key, byte[] value, Object... headers) {
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(dlq, key, value);
        for (int i = 0; i < headers.length; i += 2) {
            letter.headers().add((String) headers[i],
                    headers[i + 1] instanceof String text ? Kafka.bytes(text) : (byte[]) headers[i + 1]);
        }
        lab.kafka().send(letter);
    }

    // --- dead letters and replays ---------------------------------------------------------------------------------

    /** Runs a library in its own process until these topics have dead letters of all records, and kills it. */
    private static void letFail(Lab lab, String library, List<String> topics, String... options) {
        Running process = lab.start(library, Stream.concat(Stream.of(lab.broker().bootstrap()), Arrays.stream(options))
                .toArray(String[]::new));
        awaitLetters(lab, process, RECORDS, topics.toArray(String[]::new));
        process.kill9(); // it has nothing left to do, and a stop would take longer
    }

    private static void awaitLetters(Lab lab, Running process, int letters, String... topics) {
        for (String topic : topics) {
            await("dead letters in " + topic).atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).until(() -> {
                assertThat(process.alive()).as(process.name() + " runs").isTrue();
                return lab.kafka().records(topic).size() == letters;
            });
        }
    }

    /** The failures of all dead letters in a topic, as DlqInspector prints them. */
    private static List<List<Map<String, Object>>> failures(Lab lab, String topic) {
        return inspect(lab, topic, "list", "--format", "jsonl").out().lines()
                .map(line -> Kafka.JSON.convertValue(Kafka.json(Kafka.bytes(line)).path("failures"),
                        new TypeReference<List<Map<String, Object>>>() {
                        }))
                .toList();
    }

    /** The same without their stack traces. */
    private static List<List<Map<String, Object>>> bare(List<List<Map<String, Object>>> failures) {
        return failures.stream().map(of -> of.stream().map(failure -> {
            Map<String, Object> rest = new LinkedHashMap<>(failure);
            rest.remove("stacktrace");
            return rest;
        }).toList()).toList();
    }

    /** The first line of the stack trace of each letter's latest failure. */
    private static List<String> latestErrors(List<List<Map<String, Object>>> failures) {
        return failures.stream().map(List::getLast)
                .map(latest -> String.valueOf(latest.get("stacktrace")).lines().findFirst().orElse("")).toList();
    }

    /** Compares what a family is said to copy with what its library has written to the first dead-letter topic. */
    private static void assertTrueClaims(Lab lab, List<Own> originals) {
        List<ConsumerRecord<byte[], byte[]>> letters = lab.kafka().records(lab.dlq);
        for (int i = 0; i < RECORDS; i++) {
            Own original = originals.get(i);
            Own letter = own(letters.get(i));
            Copies claimed = ErrorHeaders.failures(letters.get(i).headers()).getFirst().copies();
            assertThat(claimed.payload() && !(letter.key() + letter.value()).equals(original.key() + original.value()))
                    .as("it lacks key or value").isFalse();
            assertThat(claimed.headers()).as("it has the record's own headers")
                    .isEqualTo(letter.headers().containsAll(original.headers()));
            assertThat(claimed.timestamp()).as("it has the record's timestamp")
                    .isEqualTo(letter.timestamp().equals(original.timestamp()));
        }
    }

    /** The records in the topic besides the originals, once DlqInspector has sent dead letters back. */
    private static List<Own> replayed(Lab lab, String topic, String... options) {
        inspect(lab, topic, "replay", Lab.with(options, "--execute"));
        return lab.kafka().records(lab.events).stream()
                .filter(record -> record.partition() != 1 || record.offset() >= RECORDS)
                .map(FamiliesProof::own)
                .toList();
    }

    private static Ended inspect(Lab lab, String topic, String command, String... options) {
        Ended ended = lab.inspectTopic(topic, command, options);
        assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(0);
        return ended;
    }

    private static <T> List<T> each(IntFunction<T> expected) {
        return IntStream.range(0, RECORDS).mapToObj(expected).toList();
    }

    /** A failure as it is printed in JSON, name by value; nulls are left out. */
    private static Map<String, Object> failure(Object... namesAndValues) {
        return and(Map.of(), namesAndValues);
    }

    private static Map<String, Object> and(Map<String, Object> before, Object... namesAndValues) {
        Map<String, Object> all = new LinkedHashMap<>(before);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            if (namesAndValues[i + 1] != null) {
                all.put((String) namesAndValues[i], namesAndValues[i + 1]);
            }
        }
        return all;
    }
}
