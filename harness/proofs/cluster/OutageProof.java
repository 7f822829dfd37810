package proofs.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import lab.Api;
import lab.Build;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.OwnBroker;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import proofs.dlq.InspectorProof;
import proofs.dlq.ReplayProof;

/** A consumer, a replay and a list while Kafka is away, or refuses some records (3, 4, 5 and 10). */
@Order(2) // one after the other they take long
@Execution(ExecutionMode.SAME_THREAD) // they all break the same broker
class OutageProof {
    @RegisterExtension
    static final LabExtension ON_ITS_OWN_BROKER = new LabExtension(folder -> new OwnBroker(folder));

    // --- a consumer -----------------------------------------------------------------------------------------------

    /** Two consumers side by side, one for each way to commit. */
    @Test
    void aBrokerThatIsAwayForAWhileIsWaitedFor(Lab lab, OwnBroker broker) {
        try (Lab another = new Lab(broker, lab.folder().resolve("transactional"))) {
            Map<Lab, Running> consumers = Map.of(lab, slowConsumer(lab, "manual"),
                    another, slowConsumer(another, "transactional"));
            consumers.forEach((each, consumer) -> await("some are done").atMost(Duration.ofSeconds(40))
                    .until(() -> each.outcomes().size() > 20));
            broker.kill9();
            consumers.forEach((each, consumer) -> consumer.awaitOut("says that it waits",
                    Pattern.compile("(waiting for Kafka for \\d+ s)"), Duration.ofSeconds(30)));
            broker.startAgain();
            consumers.forEach((each, consumer) -> {
                each.awaitCaughtUp();
                assertThat(each.ordersByOutcomes()).isEqualTo(Map.of(1, 400L));
                assertThat(consumer.alive()).isTrue();
                assertThat(consumer.err()).contains("cannot be reached; trying again")
                        .doesNotContain("Connection to node");
                assertThat(consumer.err().lines().filter(line -> line.contains(" WARN ")))
                        .as("a line every few seconds").hasSizeLessThan(20);
            });
        }
    }

    private static Running slowConsumer(Lab lab, String commit) {
        lab.sendOrders(0, 400);
        return lab.consumer("--commit", commit, "--work-ms", "50", "--concurrency", "4", "--figures-interval-ms",
                "1000");
    }

    /**
     * If the DLQ refuses a dead letter, because it is too large or writing is not allowed, the offset of that record
     * and later writes with its key are held back, and nothing else.
     */
    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void nothingPastARefusedDeadLetterIsCommittedUntilItIsAccepted(String commit, Lab lab) {
        sendOneThatFitsNoDlq(lab);
        Running consumer = lab.consumer("--commit", commit);
        awaitHeldBack(lab, consumer, "larger than");

        AclBinding no = Kafka.ruleForAll(lab.dlq, AclOperation.WRITE, AclPermissionType.DENY);
        lab.kafka().addRule(Kafka.ruleForAll(lab.dlq, AclOperation.ALL, AclPermissionType.ALLOW));
        lab.kafka().addRule(no);
        lab.kafka().alterTopic(lab.dlq, "max.message.bytes", "100000");
        awaitHeldBack(lab, consumer, "uthorized");

        lab.kafka().removeRule(no);
        lab.awaitCaughtUp();
        assertEachIsWrittenInOrder(lab);
    }

    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void withOnRefusalStopTheConsumerStops(String commit, Lab lab) {
        sendOneThatFitsNoDlq(lab);
        Running consumer = lab.consumer("--commit", commit, "--on-refusal", "stop");
        assertThat(consumer.awaitExit(Duration.ofSeconds(40))).isEqualTo(1);
        assertThat(consumer.err()).contains("Kafka refuses the dead letter of " + lab.events + "-0@10");
        assertThat(lab.kafka().committed(lab.group, lab.events).getOrDefault(0, 0L)).isLessThanOrEqualTo(10);
        assertThat(lab.outcomes()).as("nothing is written after it with its key").doesNotContainKey("too-large");
        assertThat(lab.ordersByOutcomes().keySet()).as("nor anything twice").isSubsetOf(1);
    }

    private static void awaitHeldBack(Lab lab, Running consumer, String why) {
        await("all others are processed").atMost(Duration.ofSeconds(30)).until(() -> lab.outcomes().size() == 20);
        await("logged twice: " + why).atMost(Duration.ofSeconds(20)).until(() -> consumer.err().lines()
                .filter(line -> line.contains("Kafka refuses the dead letter of " + lab.events + "-0@10"))
                .filter(line -> line.contains(why)).count() > 1);
        assertThat(lab.kafka().committed(lab.group, lab.events)).isEqualTo(Map.of(0, 10L, 1, 5L));
        assertThat(lab.outcomes()).as("nothing more, nor anything with its key").hasSize(20);
        assertThat(lab.deadLetters()).isEmpty();
    }

    /** The compacted topic keeps the last outcome of a key: it has to be the processed one. */
    private static void assertEachIsWrittenInOrder(Lab lab) {
        assertThat(lab.deadLetters()).hasSize(1);
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 20L, 2, 1L));
        assertThat(lab.outcomes().get("too-large")).extracting(outcome -> outcome.path("status").asText())
                .containsExactly("dead-lettered", "processed");
    }

    /**
     * Ten orders, one that fails, with a value of 5 KB, the same without the fault, and five more, in partition 0; five
     * in partition 1.
     */
    private static void sendOneThatFitsNoDlq(Lab lab) {
        lab.kafka().createTopic(lab.dlq, 1, Map.of("max.message.bytes", "2000"));
        lab.kafka().createTopic(lab.events, 3);
        for (int i = 0; i < 20; i++) {
            if (i == 10) {
                lab.kafka().send(new ProducerRecord<>(lab.events, 0, Kafka.bytes("too-large"), Kafka.bytes(
                        Api.record("too-large", "customerf", "1") + " ".repeat(5_000))));
                lab.kafka().send(new ProducerRecord<>(lab.events, 0, Kafka.bytes("too-large"),
                        Kafka.bytes(Api.record("too-large", "customer123", "1"))));
            }
            lab.kafka().send(new ProducerRecord<>(lab.events, i < 15 ? 0 : 1, Kafka.bytes("order-" + i),
                    Kafka.bytes(Api.record("order-" + i, "customer123", "1"))));
        }
    }

    // --- DlqInspector ---------------------------------------------------------------------------------------------

    @Test
    void aReplayStopsAtItsTimeoutAndContinuesLater(Lab lab, OwnBroker broker) {
        Path audit = lab.folder().resolve("audit.jsonl");
        lab.kafka().createTopic(lab.events, 1);
        lab.kafka().createTopic(lab.dlq, 1);
        ReplayProof.sendLetters(lab, 0, 20);
        String[] options = {"replay", "--execute", "--topic", lab.dlq, "--bootstrap-server", broker.bootstrap(),
            "--timeout-ms", "3000", "--audit", audit.toString(), "--rate", "1"};
        Running replay = lab.start("DlqInspector", options);
        await("two are replayed").atMost(Duration.ofSeconds(30))
                .until(() -> Files.exists(audit) && Files.readAllLines(audit).size() >= 2);
        broker.freeze();
        try {
            replay.awaitExit(Duration.ofSeconds(30));
        } finally {
            broker.thaw();
        }
        assertThat(replay.awaitExit(Duration.ZERO)).as(replay.tail()).isEqualTo(3);
        assertThat(replay.err().lines().toList().getLast()).startsWith("DlqInspector replay: ");
        options[options.length - 1] = "1000";
        Ended again = lab.run("DlqInspector", options);
        assertThat(again.exitCode()).as(again.tail()).isZero();
        assertThat(lab.kafka().records(lab.events).stream().map(record -> Kafka.text(record.key())).distinct())
                .hasSize(20);
    }

    /** The list waits at a full pipe, with some eight of its 60 MB fetched. */
    @Test
    void aListStopsAtItsTimeout(Lab lab, OwnBroker broker) throws Exception {
        lab.kafka().createTopic(lab.dlq, 1);
        lab.kafka().sendAll(IntStream.range(0, 60_000)
                .mapToObj(i -> new ProducerRecord<byte[], byte[]>(lab.dlq, null, new byte[1_000])).toList());
        List<String> command = new ArrayList<>(List.of("bash", "-c", "mkfifo gate; \"$@\" "
                + "| { dd bs=1 count=1 status=none; cat gate; cat > rest; }; exit ${PIPESTATUS[0]}", "bash"));
        command.addAll(Build.command("DlqInspector", "list", "--topic", lab.dlq, "--bootstrap-server",
                broker.bootstrap(), "--timeout-ms", "3000"));
        Running list = lab.command("DlqInspector", Map.of(), command.toArray(String[]::new));
        list.awaitOut("has begun", Pattern.compile("(A)"), Duration.ofSeconds(30));
        broker.freeze();
        try {
            Files.writeString(lab.folder().resolve("gate"), "");
            list.awaitExit(Duration.ofSeconds(30));
        } finally {
            broker.thaw();
        }
        InspectorProof.sentence(list.ended(Duration.ZERO), 3, "did not answer in time");
    }
}
