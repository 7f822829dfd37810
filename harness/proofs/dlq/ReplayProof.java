package proofs.dlq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lab.Api;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Proxy;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A replay sends failed records back unchanged, loses none when it is killed, and does not loop forever (10). */
@ExtendWith(LabExtension.class)
public class ReplayProof {
    private static final int MANY = 2_000;
    private static final int BATCH = 500; // records that may be sent twice after a kill

    @Test
    void aFailedRecordIsSentAsItWasAndItsDeadLetterIsKept(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().createTopic(lab.dlq, 1);
        ProducerRecord<byte[], byte[]> order = letter(lab, new byte[] {0, (byte) 0xff}, new byte[] {1, (byte) 0xfe}, 2);
        order.headers().add("trace", Kafka.bytes("1")).add("other", null).add("trace", new byte[] {(byte) 0x80});
        lab.kafka().send(order);
        lab.kafka().send(letter(lab, null, Kafka.bytes("no key"), 1));
        lab.kafka().send(letter(lab, Kafka.bytes("tombstone"), null, 0));
        List<ConsumerRecord<byte[], byte[]>> before = lab.deadLetters();

        assertThat(replay(lab).out()).contains("would replay 3", "3 to " + lab.events, "shop.Refused".substring(5)
                + ": order # refused", "nothing was sent");
        assertThat(lab.kafka().records(lab.events)).as("a dry run sends nothing").isEmpty();
        assertThat(replay(lab, "--execute", "--partition", "original").out()).contains("replayed 3 of 3");

        Map<Integer, ConsumerRecord<byte[], byte[]>> sent = lab.kafka().records(lab.events).stream()
                .collect(Collectors.toMap(ConsumerRecord::partition, record -> record));
        assertThat(sent).hasSize(3);
        assertThat(sent.get(2).key()).containsExactly(0, 0xff);
        assertThat(sent.get(2).value()).containsExactly(1, 0xfe);
        assertThat(sent.get(2).headers().toArray()).extracting(Header::key)
                .containsExactly("trace", "other", "trace", "__dlq.replays");
        assertThat(sent.get(2).headers().headers("trace")).extracting(Header::value)
                .containsExactly(Kafka.bytes("1"), new byte[] {(byte) 0x80});
        assertThat(sent.get(2).headers().lastHeader("other").value()).isNull();
        assertThat(sent.get(1).key()).isNull();
        assertThat(sent.get(0).value()).isNull();
        assertThat(sent.values()).extracting(ConsumerRecord::timestamp)
                .as("that of the header, and not that of the dead letter").containsOnly(orderTime().toEpochMilli());
        assertThat(lab.deadLetters()).usingRecursiveComparison().isEqualTo(before);
    }

    @Test
    void aReplayContinuesWhereItStoppedAndStartsOverOnlyOnRequest(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().createTopic(lab.dlq, 2);
        lab.kafka().send(lab.dlq, "k", "no headers");
        sendLetters(lab, 0, 5);
        assertThat(replay(lab, "--execute", "--limit", "2").out()).as("one that cannot be sent does not count")
                .contains("replayed 2 of 2");
        assertThat(replay(lab, "--execute").out()).contains("replayed 3 of 3");
        assertThat(replay(lab, "--execute").out()).contains("nothing to replay", "--from-beginning");
        assertThat(values(lab)).as("each once").hasSize(5).doesNotHaveDuplicates();
        sendLetters(lab, 5, 6);
        assertThat(replay(lab, "--execute").out()).contains("replayed 1 of 1");
        assertThat(replay(lab, "--execute", "--key", "k3").out()).as("another filter is another replay")
                .contains("replayed 1 of 1");
        assertThat(replay(lab, "--execute", "--from-beginning").out()).contains("replayed 6 of 6");
        assertThat(replay(lab, "--execute", "--from-beginning", "--limit", "1").out()).contains("replayed 1 of 1");
        assertThat(replay(lab, "--execute").out()).as("the progress is not reset").contains("nothing to replay");
        assertThat(values(lab)).hasSize(14);
    }

    @Test
    void aGroupHoldsTheProgressOfOneReplay(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().createTopic(lab.dlq, 1);
        sendLetters(lab, 0, 2);
        sentence(replay(lab, "--until", "1h"), 2, "--until 1h is a different time in each run");
        String[] group = {"--execute", "--group", lab.group};
        assertThat(replay(lab, Lab.with(group, "--key", "k1")).out()).contains("replayed 1 of 1");
        sentence(replay(lab, Lab.with(group, "--key", "k0")), 2, "give another --group");
        assertThat(replay(lab, Lab.with(group, "--key", "k0", "--from-beginning", "--exactly-once")).out())
                .contains("replayed 1 of 1");
        sentence(replay(lab, Lab.with(group, "--key", "k1")), 2, "give another --group");
        assertThat(values(lab)).containsExactly("v1", "v0");
    }

    @Test
    void aReplayCanChangeRecordsAndSendThemElsewhere(Lab lab) {
        String elsewhere = lab.events + "-fixed";
        lab.kafka().createTopic(elsewhere, 1);
        lab.kafka().createTopic(lab.dlq, 1);
        ProducerRecord<byte[], byte[]> order = letter(lab, Kafka.bytes("k"),
                Kafka.bytes("{\"customer_id\":\"customerf\",\"items\":[{\"price\":29.90}],\"n\":1}"), 0);
        order.headers().add("secret", Kafka.bytes("s")).add("trace", Kafka.bytes("t"));
        lab.kafka().send(order);

        assertThat(replay(lab, "--execute", "--to", elsewhere, "--set", "/customer_id=customer123", "--set",
                "/items/0/quantity=2", "--set", "/note=\"7\"", "--strip-header", "secret", "--new-timestamp").out())
                .contains("replayed 1 of 1");
        ConsumerRecord<byte[], byte[]> sent = lab.kafka().records(elsewhere).getFirst();
        assertThat(Kafka.text(sent.value())).isEqualTo("{\"customer_id\":\"customer123\",\"items\":[{\"price\":29.90,"
                + "\"quantity\":2}],\"n\":1,\"note\":\"7\"}");
        assertThat(sent.headers().toArray()).extracting(Header::key).containsExactly("trace", "__dlq.replays");
        assertThat(Duration.between(Instant.ofEpochMilli(sent.timestamp()), Instant.now())).isLessThan(
                Duration.ofMinutes(5));

        replay(lab, "--execute", "--to", elsewhere, "--keep-error-headers", "--from-beginning");
        assertThat(Kafka.header(lab.kafka().records(elsewhere).getLast(), "__dlq.errors.topic")).isEqualTo(lab.events);
        lab.kafka().send(letter(lab, Kafka.bytes("k"), Kafka.bytes("no json"), 0));
        sentence(replay(lab, "--execute", "--to", elsewhere, "--set", "/a=1"), "0:1 cannot be edited");
        lab.kafka().send(letter(lab, Kafka.bytes("k"), Kafka.bytes("{\"n\":1e20000}"), Integer.MAX_VALUE));
        sentence(replay(lab, "--execute", "--to", elsewhere, "--set", "/a=1", "--skip", "0:1"), "0:2 cannot be edited");
        sentence(replay(lab, "--execute", "--to", elsewhere, "--partition", "original"),
                "Some came from partition 2147483647, which " + elsewhere + " does not have");
        assertThat(lab.kafka().records(elsewhere)).as("all are checked before one is sent").hasSize(2);
    }

    /** Killed when its first batch was sent, and its progress was not committed: that batch is sent again. */
    @Test
    void aKillLosesNothingAndRepeatsABatch(Lab lab) throws Exception {
        String[] audit = {"--audit", lab.folder().resolve("audit.jsonl").toString()};
        sendManyDeadLetters(lab);
        Running first = lab.startReplay(Lab.with(audit, "--freeze-at", "sent"));
        first.awaitFrozen();
        int batch = lab.kafka().visibleRecords(lab.events).size();
        assertThat(batch).isBetween(1, BATCH);
        first.kill9();
        assertThat(replay(lab, Lab.with(audit, "--execute")).out()).contains("replayed ");

        assertThat(values(lab)).hasSize(MANY + batch);
        assertThat(values(lab).stream().distinct()).as("every one of them").hasSize(MANY);
        List<String> lines = Files.readAllLines(Path.of(audit[1]));
        assertThat(lines.stream().map(line -> Kafka.json(Kafka.bytes(line)).path("dead_letter").asText()).distinct())
                .as("a line for each").hasSize(MANY);
        JsonNode line = Kafka.json(Kafka.bytes(lines.getFirst()));
        assertThat(line.path("action").asText()).isEqualTo("replayed");
        assertThat(line.path("to").asText()).startsWith(lab.events + "-");
    }

    /** Killed before its transaction was committed, and after that, before it knew: the progress is in there. */
    @Test
    void withExactlyOnceAKillRepeatsNothing(Lab lab) {
        String[] once = {"--exactly-once", "--group", lab.group};
        sendManyDeadLetters(lab);
        Running first = lab.startReplay(Lab.with(once, "--freeze-at", "sent"));
        first.awaitFrozen();
        assertThat(lab.kafka().visibleRecords(lab.events)).as("in an open transaction").isEmpty();
        first.kill9();

        Proxy proxy = Proxy.before(lab, "--hold-answer", "EndTxn#2"); // the first one is that of no letters yet
        Running second = lab.startReplayAt(proxy.bootstrap(), once);
        proxy.awaitLine("held the answer of EndTxn#2");
        assertThat(lab.kafka().records(lab.events)).as("a transaction is committed").isNotEmpty();
        second.kill9();
        assertThat(replay(lab, Lab.with(once, "--execute")).out()).contains("replayed ");
        assertThat(values(lab)).hasSize(MANY).doesNotHaveDuplicates();
    }

    private static void sendManyDeadLetters(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().createTopic(lab.dlq, 2);
        lab.kafka().sendAll(IntStream.range(0, MANY).mapToObj(i -> letter(lab, Kafka.bytes("order-" + i),
                Kafka.bytes(Api.record("order-" + i, "customer123", "59.98")), 0)).toList());
    }

    @Test
    void aRecordThatKeepsFailingGoesToQuarantine(Lab lab) {
        lab.consumer();
        await("topics").atMost(Duration.ofSeconds(30)).until(() -> lab.kafka().partitions(lab.dlq) == 1);
        lab.kafka().send(lab.events, "order-1", Api.record("order-1", "customerf", "1"));
        for (int replays = 1; replays <= 2; replays++) {
            lab.awaitCaughtUp();
            assertThat(lab.deadLetters()).hasSize(replays);
            assertThat(replay(lab, "--execute", "--max-replays", "2").out()).contains("replayed 1 of 1");
        }
        lab.awaitCaughtUp();
        assertThat(replay(lab, "--max-replays", "2").out()).contains("nothing to replay",
                "1 to " + lab.dlq + "-quarantine: replayed 2 times before");
        assertThat(replay(lab, "--execute", "--max-replays", "2").out()).contains("quarantined 1");
        assertThat(replay(lab, "--execute", "--max-replays", "2").out()).contains("nothing to replay");
        assertThat(lab.kafka().records(lab.events)).as("sent once, replayed twice").hasSize(3);
        ConsumerRecord<byte[], byte[]> quarantined = lab.kafka().records(lab.dlq + "-quarantine").getFirst();
        assertThat(Kafka.header(quarantined, "__dlq.replays")).isEqualTo("2");
        assertThat(Kafka.header(quarantined, "__dlq.errors.exception")).isEqualTo("orders.OrderRejected");
    }

    /** Kafka refuses a timestamp so far in the future, and the client reports that error for the whole batch. */
    @Test
    void aRefusedRecordIsNamedAndCanBeSkipped(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().createTopic(lab.dlq, 1);
        lab.kafka().send(notCopied(lab));
        lab.kafka().sendAll(List.of(letter(lab, "k1", orderTime()), letter(lab, "k2", orderTime()),
                letter(lab, "k3", Instant.parse("2200-01-01T00:00:00Z")),
                letter(lab, "k4", Instant.EPOCH.minusMillis(1)), letter(lab, "k5\u202e", Instant.MAX)));
        Path audit = lab.folder().resolve("audit.jsonl");
        String[] once = {"--execute", "--fetch-original", "--exactly-once", "--audit", audit.toString()};
        Ended refused = replay(lab, once);
        sentence(refused, "0:3 was not replayed", "leave it out with --skip 0:3.");
        assertThat(refused.out()).contains("originals are gone: 0:0");
        assertThat(values(lab)).isEmpty();
        assertThat(actions(audit)).containsExactly("gone 0");

        sentence(replay(lab, Lab.with(once, "--skip", "0:3")), "originals are gone: 0:0");
        assertThat(values(lab)).containsExactly("k1", "k2", "k4", "k5\u202e");
        assertThat(actions(audit)).containsExactly("gone 0", "gone 0", "skipped 3", "replayed 1", "replayed 2",
                "replayed 4", "replayed 5");
        assertThat(Files.readString(audit)).contains("k5\\u202e").doesNotContain("\u202e");
        assertThat(replay(lab, once).out()).contains("nothing to replay");

        sentence(replay(lab, "--execute", "--group", lab.group), "0:3 was not replayed", "--skip 0:3");
        assertThat(lab.kafka().committed(lab.group, lab.dlq)).isEqualTo(Map.of(0, 3L));
        sentence(replay(lab, "--execute", "--group", lab.group, "--skip", "0:3", "--key", "k3"), 2, "another --group");
        assertThat(replay(lab, "--execute", "--group", lab.group, "--skip", "0:3").out()).contains("1 left out",
                "replayed 2 of 2");
        assertThat(replay(lab, "--group", lab.group).out()).contains("nothing to replay");
    }

    private static List<String> actions(Path audit) throws Exception {
        return Files.readAllLines(audit).stream().map(line -> Kafka.json(Kafka.bytes(line)))
                .map(line -> line.path("action").asText() + " " + line.path("dead_letter").asText().split("@")[1])
                .toList();
    }

    private static ProducerRecord<byte[], byte[]> letter(Lab lab, String key, Instant timestamp) {
        ProducerRecord<byte[], byte[]> letter = letter(lab, Kafka.bytes(key), Kafka.bytes(key), 0);
        letter.headers().remove("__dlq.errors.timestamp")
                .add("__dlq.errors.timestamp", Kafka.bytes(timestamp.toString()));
        return letter;
    }

    @Test
    void aRecordThatKafkaRefusesIsReportedAndTriedAgain(Lab lab) {
        lab.kafka().createTopic(lab.events, 1, Map.of("max.message.bytes", "1000"));
        lab.kafka().createTopic(lab.dlq, 1);
        sendLetters(lab, 0, 3);
        byte[] noise = new byte[2_000]; // does not shrink when it is compressed
        new Random(1).nextBytes(noise);
        lab.kafka().send(letter(lab, Kafka.bytes("big"), noise, 0));
        sendLetters(lab, 3, 5);
        sentence(replay(lab, "--execute"), "0:3 was not replayed");
        assertThat(lab.kafka().records(lab.events)).extracting(record -> Kafka.text(record.key())).contains("k0", "k2");
        lab.kafka().alterTopic(lab.events, "max.message.bytes", "10000");
        await("the broker has the new limit").atMost(Duration.ofSeconds(60)).until(() -> {
            replay(lab, "--execute");
            return lab.kafka().records(lab.events).stream().anyMatch(record -> "big".equals(Kafka.text(record.key())));
        });
        assertThat(replay(lab).out()).contains("nothing to replay");
        assertThat(lab.kafka().records(lab.events)).extracting(record -> Kafka.text(record.key()))
                .contains("k0", "k1", "k2", "big", "k3", "k4");
    }

    @Test
    void deadLettersThatCannotBeReplayedAreReported(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().createTopic(lab.dlq, 1);
        lab.kafka().send(lab.dlq, "k", "no headers");
        lab.kafka().send(notCopied(lab));
        assertThat(replay(lab).out()).contains("nothing to replay", "1 not replayed: their headers name no origin",
                "1 not replayed: the value was not copied");
        sentence(replay(lab, "--execute"),
                "1 not replayed because their headers name no origin: --without-origin --to TOPIC",
                "1 not replayed because the value was not copied: --not-copied --fetch-original");
        sentence(replay(lab, "--execute", "--not-copied", "--fetch-original"), "originals are gone: 0:1");
        assertThat(lab.kafka().records(lab.events)).isEmpty();
        assertThat(replay(lab, "--execute", "--without-origin", "--to", lab.events).out()).contains("replayed 1 of 1");
        assertThat(values(lab)).containsExactly("no headers");
        sentence(replay(lab, "--execute", "--to", lab.events + "-nowhere"), "There is no topic");
    }

    @Test
    void theRateIsNotExceeded(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().createTopic(lab.dlq, 1);
        sendLetters(lab, 0, 60);
        long start = System.nanoTime();
        assertThat(replay(lab, "--execute", "--rate", "20").out()).contains("replayed 60 of 60");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(2_900));
    }

    public static void sendLetters(Lab lab, int from, int to) {
        lab.kafka().sendAll(IntStream.range(from, to).mapToObj(i ->
                letter(lab, Kafka.bytes("k" + i), Kafka.bytes("v" + i), 0)).toList());
    }

    private static List<String> values(Lab lab) {
        return lab.kafka().records(lab.events).stream().map(record -> Kafka.text(record.value())).toList();
    }

    private static Ended replay(Lab lab, String... options) {
        return lab.inspect("replay", options);
    }

    private static void sentence(Ended ended, String... what) {
        sentence(ended, 1, what);
    }

    private static void sentence(Ended ended, int exitCode, String... what) {
        assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(exitCode);
        assertThat(ended.err().strip()).contains(what).doesNotContain("\n");
    }

    /** The time of the orders: recent enough that retention does not delete them. */
    private static Instant orderTime() {
        return Instant.now().truncatedTo(java.time.temporal.ChronoUnit.DAYS).minusSeconds(3_600);
    }

    private static ProducerRecord<byte[], byte[]> letter(Lab lab, byte[] key, byte[] value, int partition) {
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(lab.dlq, key, value);
        letter.headers().add("__dlq.errors.topic", Kafka.bytes(lab.events))
                .add("__dlq.errors.partition", Kafka.bytes(String.valueOf(partition)))
                .add("__dlq.errors.offset", Kafka.bytes("1"))
                .add("__dlq.errors.timestamp", Kafka.bytes(orderTime().toString()))
                .add("__dlq.errors.exception", Kafka.bytes("shop.Refused"))
                .add("__dlq.errors.message", Kafka.bytes("order 17 refused"));
        return letter;
    }

    /** As a share group writes it by default (KIP-1191), but of a record that never existed. */
    private static ProducerRecord<byte[], byte[]> notCopied(Lab lab) {
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(lab.dlq, 0, null, null);
        letter.headers().add("__dlq.errors.topic", Kafka.bytes(lab.events))
                .add("__dlq.errors.partition", Kafka.bytes("0"))
                .add("__dlq.errors.offset", Kafka.bytes("4711"))
                .add("__dlq.errors.group", Kafka.bytes("share"));
        return letter;
    }
}
