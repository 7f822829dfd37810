package proofs.dlq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What DlqInspector shows of dead letters, and what it escapes. For the libraries that write them: FamiliesProof. */
@ExtendWith(LabExtension.class)
public class InspectorProof {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final String ESCAPE = "\u001b[2J\u001b]0;gotcha\u0007\u009b31m\r\u202edesrever\u2028\u200b\0";
    private static final String ACTED_UPON = "[\\x00-\\x09\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\u202e\u2028\u200b]";

    @Test
    void aListCanBeFilteredByEachFieldThatItShows(Lab lab) {
        dlq(lab, 2);
        String stock = "shop.OutOfStock";
        lab.kafka().send(letter(lab, 0, NOON.minusSeconds(3_600), "order-2", "a.B", "m", "orders", "4"));
        lab.kafka().send(letter(lab, 0, NOON, "order-1", stock, "no product 17", "orders", "5"));
        lab.kafka().send(letter(lab, 1, NOON.plusSeconds(3_600), "order-2", stock, "no product 99", "orders", "6"));
        lab.kafka().send(letter(lab, 0, NOON.plusSeconds(7_200), "order-3", "java.lang.IllegalStateException",
                "card 12 refused", "payments", "7"));
        lab.kafka().send(letter(lab, 1, Instant.now().minusSeconds(600), "order-4", stock, "nothing", "orders", "8"));
        lab.kafka().send(letter(lab, 1, Instant.now().minusSeconds(300), "order-5", stock, "nothing", "payments", "9"));

        assertThat(keys(lab)).containsExactlyInAnyOrder("order-2", "order-1", "order-2", "order-3", "order-4",
                "order-5");
        assertThat(keys(lab, "--limit", "3")).as("ordered by time")
                .containsExactly("order-3", "order-4", "order-5");
        assertThat(keys(lab, "--key", "nobody")).isEmpty();
        // each option leaves out a dead letter that the others of its line would not
        assertThat(keys(lab, "--exception", "OutOfStock", "--until", "2026-03-02", "--limit", "1"))
                .as("the newest of those").containsExactly("order-2");
        assertThat(keys(lab, "--exception", "java.lang.IllegalStateException")).containsExactly("order-3");
        assertThat(keys(lab, "--reason", "product \\d+$", "--partition", "0")).containsExactly("order-1");
        assertThat(keys(lab, "--key", "order-2", "--since", "2026-03-01T13:00")).containsExactly("order-2");
        assertThat(keys(lab, "--origin", "orders", "--since", "2h")).containsExactly("order-4");
        assertThat(keys(lab, "--since", "2026-03-01T13:00", "--until", "2026-03-01T14:00:00Z"))
                .containsExactly("order-2");
        assertThat(keys(lab, "--until", "2026-03-01T14:00:00+02:00")).containsExactly("order-2");
    }

    @Test
    void theNewestDeadLettersAreFoundAmongMany(Lab lab) {
        dlq(lab, 2);
        List<ProducerRecord<byte[], byte[]>> letters = IntStream.range(0, 5_000).mapToObj(i -> letter(lab, i % 2,
                NOON.plusSeconds(i), "order-" + i, i % 1_000 == 0 ? "Rare" : "Common", "m", "orders", "" + i)).toList();
        lab.kafka().sendAll(letters);
        assertThat(keys(lab, "--limit", "3")).containsExactly("order-4997", "order-4998", "order-4999");
        assertThat(keys(lab, "--limit", "2", "--exception", "Rare")).containsExactly("order-3000", "order-4000");
        assertThat(keys(lab, "--limit", "9", "--exception", "Rare")).hasSize(5);
        assertThat(keys(lab, "--exception", "Common")).hasSize(4_995);
        assertThat(keys(lab, "--limit", "0")).isEmpty();
    }

    @Test
    void aListHasFourFormatsAndEscapesAllControlCharacters(Lab lab) {
        dlq(lab, 1);
        ProducerRecord<byte[], byte[]> quoted = letter(lab, 0, NOON, "order-1", "a.B",
                "he said \"no\", twice\nand left", "orders", "5");
        quoted.headers().add("trace", Kafka.bytes("t")).add("trace", new byte[] {(byte) 0xff}).add("trace", null);
        lab.kafka().send(quoted);
        byte[] noText = {(byte) 0xfe};
        lab.kafka().send(new ProducerRecord<>(lab.dlq, 0, NOON.toEpochMilli(), noText, (byte[]) null));
        ProducerRecord<byte[], byte[]> evil = letter(lab, 0, NOON, "k" + ESCAPE, "a.B" + ESCAPE, "m" + ESCAPE,
                "orders" + ESCAPE, "1");
        evil.headers().add("h" + ESCAPE, Kafka.bytes("v" + ESCAPE));
        lab.kafka().send(withValue(evil, "{\"x\":\"\u202e\u009b\",\"y\":\"" + ESCAPE + "\"}"));
        lab.kafka().send(withValue(evil, "{\"x\":\"\u202e\u009b31m\"}"));

        assertThat(harmless(lab.inspect("list"))).contains("0:0", "2026-03-01T12:00:00Z", "orders-1@5", "order-1",
                "he said \"no\", twice\\u000aand left", "0xfe", "(unknown)", "4 dead letters in " + lab.dlq);
        Running coloured = lab.start(Map.of("CLICOLOR_FORCE", "1"), "DlqInspector", "list", "--bootstrap-server",
                lab.broker().bootstrap(), "--topic", lab.dlq);
        coloured.awaitExit(Duration.ofSeconds(30));
        assertThat(coloured.out()).startsWith("\u001b[1mAT ").contains("MESSAGE\u001b[0m\n"); // 21 would underline
        JsonNode array = Kafka.json(Kafka.bytes(harmless(lab.inspect("list", "--format", "json"))));
        assertThat(array).hasSize(4);
        JsonNode first = array.get(0);
        assertThat(first).isEqualTo(Kafka.json(Kafka.bytes(
                harmless(lab.inspect("list", "--format", "jsonl")).lines().findFirst().orElseThrow())));
        assertThat(first.path("key").asText()).isEqualTo("order-1");
        assertThat(first.path("failures").path(0).path("message").asText())
                .isEqualTo("he said \"no\", twice\nand left");
        assertThat(first.path("failures").path(0).path("offset").asLong()).isEqualTo(5);
        assertThat(first.path("headers").toString()).isEqualTo(
                "[{\"name\":\"trace\",\"value\":\"t\"},{\"name\":\"trace\",\"value_hex\":\"ff\"},"
                        + "{\"name\":\"trace\",\"value\":null}]");
        assertThat(array.get(1).path("key_hex").asText()).isEqualTo("fe");
        assertThat(array.get(1).path("value").isNull()).isTrue();
        assertThat(array.get(2).path("key").asText()).as("only the output is escaped").isEqualTo("k" + ESCAPE);
        assertThat(harmless(lab.inspect("list", "--format", "csv"))).startsWith("\"at\",\"time\",\"from\"")
                .contains("\"he said \"\"no\"\", twice\\u000aand left\"").hasLineCount(5);

        harmless(lab.inspect("show", "0:2"));
        harmless(lab.inspect("show", "0:3"));
        harmless(lab.inspect("stats"));
        harmless(lab.inspect("stats", "--format", "json"));
        harmless(lab.inspect("replay"));
        assertThat(lab.inspect("list", "--raw").out()).contains("\u001b[2J", "\u202e");
        assertThat(lab.inspect("show", "0:2", "--raw").out()).contains("\u001b[2J");
    }

    /** The output of a command, without anything that a terminal would act on. */
    private static String harmless(Ended ended) {
        assertThat(ended.out()).as(ended.tail()).isNotEmpty().doesNotContainPattern(ACTED_UPON);
        return ended.out();
    }

    @Test
    void aListCanFollow(Lab lab) {
        dlq(lab, 1);
        lab.kafka().send(letter(lab, 0, NOON, "order-1", "a.B", "m", "orders", "1"));
        Running list = lab.start("DlqInspector", "list", "--topic", lab.dlq, "--bootstrap-server",
                lab.broker().bootstrap(), "--follow", "--format", "jsonl", "--exception", "B");
        await("the first one is listed").atMost(Duration.ofSeconds(20)).until(() -> list.out().contains("order-1"));
        lab.kafka().send(letter(lab, 0, NOON, "order-2", "a.C", "m", "orders", "2"));
        lab.kafka().send(letter(lab, 0, NOON, "order-3", "a.B", "m", "orders", "3"));
        await("new ones are listed").atMost(Duration.ofSeconds(20)).until(() -> list.out().contains("order-3"));
        assertThat(list.stop()).isEqualTo(143);
        assertThat(list.out()).doesNotContain("order-2").hasLineCount(2);
    }

    @Test
    void aDeadLetterIsShownWithAllThatIsKnownOfIt(Lab lab) {
        dlq(lab, 1);
        lab.kafka().send(withValue(letter(lab, 0, NOON, "order-1", "a.B", "m", lab.events, "0"),
                "{\"a\":{\"b\":1.10}}"));
        byte[] binary = new byte[40];
        binary[3] = 'K';
        binary[39] = (byte) 0xff;
        lab.kafka().send(new ProducerRecord<>(lab.dlq, 0, null, binary));

        assertThat(lab.inspect("show", "0:0").out()).contains("topic " + lab.events, "exception a.B",
                "__dlq.errors.exception  a.B", "\"b\" : 1.10");
        assertThat(lab.inspect("show", "0:1").out()).contains("00000000  00 00 00 4b", "...K", "00000020");
    }

    @Test
    void statsMergeReasonsThatDifferOnlyInNumbersAndIds(Lab lab) {
        dlq(lab, 2);
        List<ProducerRecord<byte[], byte[]>> letters = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            letters.add(letter(lab, i % 2, NOON.plusSeconds(i), "k" + i, "shop.OutOfStock", "no product p" + i
                    + " for 550e8400-e29b-41d4-a716-4466554400" + (10 + i), "orders", "" + i));
        }
        letters.add(letter(lab, 0, NOON.plusSeconds(7_200), "k", "shop." + "R".repeat(9_999), ESCAPE, "payments", "1"));
        lab.kafka().sendAll(letters);

        assertThat(harmless(lab.inspect("stats"))).contains("31 dead letters", "oldest 2026-03-01T12:00:00Z",
                "no product p# for #", "BY EXCEPTION", "96.8 %  ##############################  OutOfStock",
                "2026-03-01T14:00:00Z");
        JsonNode json = Kafka.json(Kafka.bytes(lab.inspect("stats", "--format", "json").out()));
        assertThat(json.path("dead_letters").asInt()).isEqualTo(31);
        assertThat(json.path("by_exception").path("OutOfStock").asInt()).isEqualTo(30);
        assertThat(json.path("by_exception").path("R".repeat(249) + "…").asInt()).isEqualTo(1);
        assertThat(json.path("by_reason").path("no product p# for #").asInt()).isEqualTo(30);
        assertThat(json.path("by_origin").path("payments").asInt()).isEqualTo(1);
        assertThat(json.path("by_hour").path("2026-03-01T12:00:00Z").asInt()).isEqualTo(30);
        assertThat(Kafka.json(Kafka.bytes(lab.inspect("stats", "--format", "json", "--origin", "payments").out()))
                .path("dead_letters").asInt()).isEqualTo(1);
    }

    @Test
    void abortedRecordsAreShownOnlyOnRequest(Lab lab) {
        dlq(lab, 1);
        try (var producer = new KafkaProducer<>(Map.of("bootstrap.servers", lab.broker().bootstrap(),
                "transactional.id", lab.dlq), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(letter(lab, 0, NOON, "aborted", "a.B", "m", "orders", "1"));
            producer.flush();
            producer.abortTransaction();
        }
        lab.kafka().send(letter(lab, 0, NOON, "real", "a.B", "m", "orders", "2"));
        assertThat(keys(lab)).containsExactly("real");
        assertThat(keys(lab, "--limit", "5")).containsExactly("real");
        assertThat(keys(lab, "--isolation-level", "read_uncommitted")).containsExactly("aborted", "real");
    }

    @Test
    void errorsAreReportedInOneSentence(Lab lab) {
        sentence(lab.inspect("list"), 1, "There is no topic " + lab.dlq);
        dlq(lab, 1);
        assertThat(lab.inspect("list").out()).contains("0 dead letters");
        assertThat(lab.inspect("stats").out()).contains("0 dead letters");
        assertThat(lab.inspect("replay", "--execute").out()).contains("nothing to replay");
        sentence(lab.inspect("show", "0:5"), 1, "There is no record at 0:5");
        sentence(lab.inspect("show", "7:5"), 1, "There is no record at 7:5");
        sentence(lab.inspect("show", "five"), 2, "give PARTITION:OFFSET");
        sentence(lab.inspect("list", "--reason", "("), 2, "Unclosed group");
        sentence(lab.inspect("list", "--since", "yesterday"), 2, "is not a time: give one such as");
        sentence(lab.inspect("list", "--partition", "3"), 2, "There is no partition 3");
        sentence(lab.inspect("list", "--limit", "-1"), 2, "--limit has to be 0 or more");
        sentence(lab.inspect("list", "--follow", "--format", "json"), 2, "take jsonl");
        sentence(lab.inspect("stats", "--isolation-level", "serializable"), 2, "read_committed or read_uncommitted");
        sentence(lab.inspect("replay", "--dry-run", "--execute"), 2, "mutually exclusive");
        sentence(lab.inspect("replay", "--set", "customer_id=1"), 2, "give POINTER=VALUE");
        sentence(lab.inspect("replay", "--rate", "0"), 2, "1 or more");
        sentence(lab.inspect("replay", "--skip", "3"), 2, "give PARTITION:OFFSET");
        sentence(lab.inspect("replay", "--quarantine-topic", lab.dlq), 2, "is the dead-letter topic itself");
        sentence(lab.inspect("replay", "--to", lab.dlq), 2, "is the dead-letter topic itself");
        sentence(lab.runInSeries("DlqInspector"), 2, "Say what to do");
    }

    /** The dead letters here have old timestamps, which retention would delete. */
    private static void dlq(Lab lab, int partitions) {
        lab.kafka().createTopic(lab.dlq, partitions, Map.of("retention.ms", "-1"));
    }

    public static void sentence(Ended ended, int exitCode, String what) {
        assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(exitCode);
        assertThat(ended.err().strip()).contains(what).doesNotContain("\n").doesNotContain("Exception:");
    }

    private static List<String> keys(Lab lab, String... options) {
        Ended list = lab.inspect("list", Lab.with(options, "--format", "json"));
        assertThat(list.exitCode()).as(list.tail()).isEqualTo(0);
        return StreamSupport.stream(Kafka.json(Kafka.bytes(list.out())).spliterator(), false)
                .map(letter -> letter.path("key").asText()).toList();
    }

    /** A dead letter of an order from partition 1 of a topic; it is not sent. */
    static ProducerRecord<byte[], byte[]> letter(Lab lab, int partition, Instant time, String key, String exception,
            String message, String origin, String offset) {
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(lab.dlq, partition, time.toEpochMilli(),
                Kafka.bytes(key), Kafka.bytes("{\"order_id\":\"" + offset + "\"}"));
        Map.of("topic", origin, "partition", "1", "offset", offset, "exception", exception, "message", message,
                "delivery.count", "3", "group", "g", "stacktrace", exception + "\n\tat here")
                .forEach((name, text) -> letter.headers().add("__dlq.errors." + name, Kafka.bytes(text)));
        return letter;
    }

    private static ProducerRecord<byte[], byte[]> withValue(ProducerRecord<byte[], byte[]> letter, String value) {
        return new ProducerRecord<>(letter.topic(), letter.partition(), letter.timestamp(), letter.key(),
                Kafka.bytes(value), letter.headers());
    }
}
