package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** If the next record does not exist, the consumer says so, counts what is gone, and loses nothing that is there. */
@ExtendWith(LabExtension.class)
class GapProof {
    private static final Duration SOON = Duration.ofSeconds(30);

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void ordersThatRetentionHasRemovedAreReportedAndCounted(String protocol, Lab lab) {
        leaveAGap(lab);
        Running consumer = lab.consumer("--group-protocol", protocol, "--json");
        lab.awaitCaughtUp();
        assertThat(consumer.stop()).isEqualTo(143);
        assertThat(consumer.err()).containsOnlyOnce("the records at offsets 30 to 44 (15 at most) are gone");
        assertThat(summary(consumer).path("gone").asInt()).isEqualTo(15);
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 45L));
    }

    @Test
    void withOnGapStopTheConsumerStopsBeforeIt(Lab lab) {
        leaveAGap(lab);
        for (int run = 0; run < 2; run++) {
            Running consumer = lab.consumer("--on-gap", "stop");
            assertThat(consumer.awaitExit(SOON)).isEqualTo(1);
            assertThat(consumer.err()).contains("30 to 44 (15 at most) are gone", "without --on-gap stop");
        }
        assertThat(lab.outcomes()).hasSize(30);
        assertThat(lab.kafka().committed(lab.group, lab.events)).isEqualTo(Map.of(0, 30L));
    }

    /** 30 orders are processed, and of the next 30 the first 15 are removed. */
    private static void leaveAGap(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        lab.sendOrders(0, 30);
        Running first = lab.consumer();
        lab.awaitCaughtUp();
        assertThat(first.stop()).isEqualTo(143);
        lab.sendOrders(30, 60);
        lab.kafka().deleteRecords(lab.events, 0, 45);
    }

    @Test
    void anOffsetBeyondTheEndIsReportedAndAllIsReadAgain(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        lab.sendOrders(0, 30);
        lab.kafka().admin().alterConsumerGroupOffsets(lab.group, Map.of(new TopicPartition(lab.events, 0),
                new OffsetAndMetadata(100))).all().get();
        Running consumer = lab.consumer();
        await("all are processed").atMost(SOON).until(() -> lab.outcomes().size() == 30);
        assertThat(consumer.err()).contains(lab.events + "-0 ends at 30, before its committed offset 100");
    }

    /** Without these, the next owner could not notice that the topic is another one, or was cut off. */
    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void anOffsetIsCommittedWithItsLeaderEpochAndItsTopicsId(String commit, Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        lab.sendOrders(0, 30);
        lab.consumer("--commit", commit);
        lab.awaitCaughtUp();
        OffsetAndMetadata committed = lab.kafka().admin().listConsumerGroupOffsets(lab.group)
                .partitionsToOffsetAndMetadata().get().get(new TopicPartition(lab.events, 0));
        assertThat(committed.leaderEpoch()).isPresent();
        assertThat(committed.metadata()).isEqualTo(lab.kafka().admin().describeTopics(Set.of(lab.events))
                .allTopicNames().get().get(lab.events).topicId().toString());
    }

    /** As many records as before, so that no offset is out of range; Kafka keeps the offsets of the deleted topic. */
    @Test
    void aTopicThatWasMadeAgainWhileNobodyReadItIsReadFromItsBeginning(Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        lab.sendOrders(0, 30);
        Running first = lab.consumer();
        lab.awaitCaughtUp();
        assertThat(first.stop()).isEqualTo(143);
        var committed = lab.kafka().admin().listConsumerGroupOffsets(lab.group).partitionsToOffsetAndMetadata().get();
        makeAgain(lab);
        lab.sendOrders(30, 70);
        lab.kafka().admin().alterConsumerGroupOffsets(lab.group, committed).all().get(); // as a commit that was late
        Running second = lab.consumer();
        await("the new ones are processed").atMost(SOON).until(() -> lab.outcomes().size() == 70);
        assertThat(second.err()).contains("its topic was deleted and made again");
    }

    /** With 100 orders in flight, whose offsets must not be committed over those of the new ones. */
    @ParameterizedTest
    @CsvSource({"classic, manual", "classic, transactional", "consumer, manual", "consumer, transactional"})
    void aTopicThatIsMadeAgainWhileItIsReadLosesNoNewOrder(String protocol, String commit, Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 1);
        Running first = lab.consumer("--group-protocol", protocol, "--commit", commit, "--work-ms", "2000",
                "--concurrency", "200", "--verbose");
        lab.awaitAssignment(1);
        lab.sendOrders(0, 100);
        await("100 are being handled").atMost(SOON).until(() -> first.err().contains("@99), attempt 1"));
        makeAgain(lab);
        lab.sendOrders(100, 130);
        await("the first goes on in the new topic").atMost(SOON)
                .until(() -> first.err().contains("processing order order-129 ("));
        first.kill9();
        lab.kafka().admin().removeMembersFromConsumerGroup(lab.group, new RemoveMembersFromConsumerGroupOptions())
                .all().get(); // its session need not end
        lab.sendOrders(130, 230);
        lab.consumer("--group-protocol", protocol, "--commit", commit);
        await("all of the new topic are processed").atMost(SOON).until(() -> lab.outcomes().keySet()
                .containsAll(IntStream.range(100, 230).mapToObj(i -> "order-" + i).toList()));
    }

    private static void makeAgain(Lab lab) throws Exception {
        lab.kafka().admin().deleteTopics(Set.of(lab.events)).all().get();
        await("it is gone").atMost(SOON).ignoreExceptions().until(() -> lab.kafka().partitions(lab.events) == 0);
        lab.kafka().createTopic(lab.events, 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"latest", "0s"})
    void aNewGroupStartsWhereItIsTold(String from, Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        lab.sendOrders(0, 10);
        Running first = lab.consumer("--from", from);
        await("it has found its start").atMost(SOON).until(() -> first.err().contains("it starts at"));
        first.kill9(); // nothing is processed; but where it starts is committed
        lab.sendOrders(10, 20);
        lab.consumer("--from", from);
        lab.awaitCaughtUp();
        assertThat(lab.outcomes().keySet()).hasSize(10).contains("order-10", "order-19");
    }

    @Test
    void aStartThatIsNotATimeIsAnswered(Lab lab) {
        assertThat(lab.runConsumer("--from", "yesterday").err()).contains("'yesterday' is not a time");
    }

    private static JsonNode summary(Running consumer) {
        return Kafka.json(Kafka.bytes(consumer.out().lines().toList().getLast()));
    }
}
