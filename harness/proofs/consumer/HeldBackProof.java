package proofs.consumer;

import static lab.Lab.orders;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import lab.Cluster;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.OwnBroker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be written or handled holds back its own partition, and nothing else (5). */
class HeldBackProof {
    /** Brokers of production create no topics by themselves. */
    @RegisterExtension
    static final LabExtension ON_ITS_OWN_BROKER = new LabExtension(
            folder -> new OwnBroker(folder, "--property", "auto.create.topics.enable=false"));

    private static final Duration SOON = Duration.ofSeconds(15);

    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void sixtyRefusedDeadLettersHoldUpNoOtherOrder(String commit, Lab lab) {
        lab.kafka().createTopic(lab.dlq, 1, Map.of("max.message.bytes", "1000"));
        lab.kafka().createTopic(lab.events, 2);
        lab.sendAllTo(0, "bad-", 60, "customerf", 2_000);
        Running consumer = lab.consumer("--commit", commit, "--figures-interval-ms", "500");
        await("Kafka refuses them").atMost(SOON).until(() -> consumer.err().contains("Kafka refuses"));
        lab.sendAllTo(1, "good-", 50, "customer123", 0);
        await("all others are processed").atMost(SOON).until(() -> lab.outcomes().size() == 50);
        assertThat(lab.kafka().committed(lab.group, lab.events)).containsEntry(1, 50L);
        await("the figures say why").atMost(SOON).until(() -> consumer.out().contains(
                lab.events + "-0 is held back: offset 0 is refused by Kafka"));

        lab.kafka().alterTopic(lab.dlq, "max.message.bytes", "100000");
        lab.awaitCaughtUp();
        assertThat(lab.deadLetters()).hasSize(60);
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 110L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void aStopWritesAllThatIsHandledEvenIfOthersAreRefused(String commit, Lab lab) {
        lab.kafka().createTopic(lab.dlq, 1, Map.of("max.message.bytes", "1000"));
        lab.kafka().createTopic(lab.events, 2);
        lab.sendAllTo(0, "bad-", 30, "customerf", 2_000);
        Running consumer = lab.consumer("--commit", commit, "--work-ms", "1500", "--verbose");
        await("Kafka refuses them").atMost(SOON).until(() -> consumer.err().contains("Kafka refuses"));
        lab.sendAllTo(1, "good-", 50, "customer123", 0);
        await("all are being handled").atMost(SOON)
                .until(() -> Pattern.compile("processing order good-").matcher(consumer.err()).results().count() == 50);
        assertThat(consumer.stop()).isEqualTo(143);
        assertThat(lab.outcomes()).hasSize(50);
        assertThat(lab.kafka().committed(lab.group, lab.events)).containsEntry(1, 50L);
    }

    /** With a poll interval that is shorter than the time for which the topic is away. */
    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void aDeadLetterTopicThatIsMissingHoldsUpOnlyTheOrdersThatNeedIt(String commit, Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 2);
        Running consumer = lab.consumer("--commit", commit, "--max-poll-interval-ms", "6000");
        await("its topic").atMost(SOON).until(() -> lab.kafka().partitions(lab.dlq) == 1);
        lab.awaitAssignment(2);
        lab.kafka().admin().deleteTopics(Set.of(lab.dlq)).all().get();
        lab.sendAllTo(0, "bad-", 10, "customerf", 0);
        lab.sendAllTo(1, "good-", 20, "customer123", 0);
        await("all others are processed").atMost(SOON).until(() -> lab.outcomes().size() == 20);
        await("it is away for longer than the poll interval").atMost(SOON).until(() -> Pattern.compile(
                "Will try again in 4 s").matcher(consumer.err()).find());
        lab.sendAllTo(1, "more-", 20, "customer123", 0);
        await("these, too").atMost(SOON).until(() -> lab.outcomes().size() == 40);
        assertThat(consumer.err()).doesNotContain("lost ");

        lab.kafka().createTopic(lab.dlq, 1);
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 50L));
        assertThat(lab.deadLetters()).hasSize(10);
    }

    /**
     * A broker dies, for longer than the poll interval: one DLQ has no leader then, and another one fewer replicas in
     * sync than {@code min.insync.replicas}.
     */
    @Test
    void aDeadLetterTopicWithoutItsBrokerHoldsUpOnlyTheOrdersThatNeedIt(Lab lab) {
        List<String> cases = List.of("manual-leader", "transactional-leader", "manual-in-sync",
                "transactional-in-sync");
        try (Cluster cluster = new Cluster(lab.folder(), 3)) {
            Kafka kafka = cluster.kafka();
            cases.forEach(each -> {
                Integer[] brokers = each.endsWith("leader") ? new Integer[] {3} : new Integer[] {2, 3};
                kafka.createTopicOn("dlq-" + each, brokers.length, brokers);
            });
            List<Running> consumers = cases.stream().map(each -> consumer(lab, cluster, each)).toList();
            cases.forEach(each -> await("it has its partitions").atMost(SOON.multipliedBy(4))
                    .until(() -> kafka.assignment(each).equals(List.of(3))));
            cluster.kill(3);
            await("the DLQ has no leader").atMost(SOON.multipliedBy(4))
                    .until(() -> cluster.leaderOf("dlq-manual-leader") == 0);
            cases.forEach(each -> {
                kafka.sendAll(orders("orders-" + each, 0, "bad-", 10, "customerf", 0));
                kafka.sendAll(orders("orders-" + each, 1, "good-", 20, "customer123", 0));
            });
            for (int i = 0; i < cases.size(); i++) {
                String outcomes = "outcomes-" + cases.get(i);
                await("all others are processed").atMost(SOON.multipliedBy(3))
                        .until(() -> kafka.jsonByKey(outcomes).size() == 20);
                Running consumer = consumers.get(i);
                await("for longer than the poll interval").atMost(SOON.multipliedBy(2)).until(() -> Pattern.compile(
                        "-0 is held back: offset 0 .* for ([789]|\\d\\d) s").matcher(consumer.out()).find());
                assertThat(consumer.err()).doesNotContain("lost ");
                assertThat(kafka.records("dlq-manual-in-sync")).as("dead letters").isEmpty();
            }
            consumers.getLast().kill9();
            consumer(lab, cluster, cases.getLast());
            kafka.sendAll(orders("orders-" + cases.getLast(), 1, "more-", 20, "customer123", 0));
            await("these are processed after a restart").atMost(SOON.multipliedBy(3))
                    .until(() -> kafka.jsonByKey("outcomes-" + cases.getLast()).size() == 40);
            cluster.restart(3);
            for (String each : cases) {
                await("all are finished").atMost(SOON.multipliedBy(4))
                        .until(() -> kafka.caughtUp(each, "orders-" + each));
                assertThat(kafka.records("dlq-" + each)).hasSize(10);
                assertThat(kafka.jsonByKey("outcomes-" + each).values()).hasSize(each.equals(cases.getLast()) ? 50 : 30)
                        .allSatisfy(outcomesOfOne -> assertThat(outcomesOfOne).hasSize(1));
            }
        }
    }

    private static Running consumer(Lab lab, Cluster cluster, String name) {
        return lab.start("OrderConsumer", "--bootstrap-server", cluster.bootstrap(), "--topic", "orders-" + name,
                "--dlq-topic", "dlq-" + name, "--outcomes-topic", "outcomes-" + name, "--group", name, "--commit",
                name.substring(0, name.indexOf('-')), "--instance-id", "one", "--max-poll-interval-ms", "6000",
                "--figures-interval-ms", "500", "--work-ms", "0");
    }

    /** With bounds of 100 records. */
    @Test
    void oneStuckRecordHoldsUpItsOwnPartitionOnly(Lab lab) {
        lab.kafka().createTopic(lab.dlq, 1, Map.of("max.message.bytes", "1000"));
        lab.kafka().createTopic(lab.events, 2);
        lab.consumer("--max-in-flight", "100");
        lab.sendAllTo(0, "bad-", 1, "customerf", 2_000);
        lab.sendAllTo(0, "behind-", 300, "customer123", 0);
        await("those behind it, up to the bound").atMost(SOON).until(() -> lab.outcomes().size() >= 99);
        lab.sendAllTo(1, "good-", 120, "customer123", 0);
        await("the other partition").atMost(SOON)
                .until(() -> lab.outcomes().keySet().stream().filter(id -> id.startsWith("good-")).count() == 120);
    }

    @Test
    void withAutoCommitItGoesOnBeyondItsBound(Lab lab) {
        lab.sendOrders(0, 300);
        lab.consumer("--auto-commit", "--max-in-flight", "50");
        await("all are processed").atMost(SOON).until(() -> lab.outcomes().size() == 300);
        lab.sendOrders(300, 400);
        await("these, too").atMost(SOON).until(() -> lab.outcomes().size() == 400);
    }
}
