package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lab.Api;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * An offset is committed only after its order has its outcome, so that a kill -9 loses nothing (invariants 3 and 4).
 */
@ExtendWith(LabExtension.class)
class ManualCommitProof {
    private static final int ORDERS = 200;

    @Test
    void theCommittedOffsetIsNeverAheadOfTheOutcomes(Lab lab) {
        watchCommits(lab);
    }

    @Test
    void withAutoCommitItIsAhead(Lab lab) {
        assertThatThrownBy(() -> watchCommits(lab, "--auto-commit"))
                .isInstanceOf(AssertionError.class).hasMessageContaining("committed without an outcome");
    }

    /** Samples the committed offsets while 200 orders are processed, and compares each sample with the outcomes. */
    private static void watchCommits(Lab lab, String... switches) {
        send(lab);
        lab.consumer(with(switches, "--work-ms", "100", "--concurrency", "4"));
        Set<Map<Integer, Long>> samples = new HashSet<>();
        await("all committed")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    Map<Integer, Long> committed =
                            lab.kafka().committed(lab.group, lab.events); // first the offsets, then the outcomes
                    if (samples.add(committed)) {
                        Set<String> written = places(lab);
                        committed.forEach((partition, offset) -> {
                            for (long before = 0; before < offset; before++) {
                                assertThat(written)
                                        .as("committed without an outcome")
                                        .contains(partition + "@" + before);
                            }
                        });
                    }
                    return committed.values().stream().mapToLong(Long::longValue).sum() == ORDERS;
                });
        assertThat(samples).as("different commits seen").hasSizeGreaterThan(5);
    }

    private static Set<String> places(Lab lab) {
        return lab.outcomes().values().stream().flatMap(List::stream).map(outcome -> outcome.path("source"))
                .map(source -> source.path("partition").asInt() + "@" + source.path("offset").asLong())
                .collect(Collectors.toSet());
    }

    @Test
    void afterAKillInTheMiddleEveryOrderHasOneOutcome(Lab lab) {
        killInTheMiddle(lab);
    }

    @Test
    void withAutoCommitOrdersAreLost(Lab lab) {
        assertThatThrownBy(() -> killInTheMiddle(lab, "--auto-commit"))
                .isInstanceOf(AssertionError.class).hasMessageContaining("orders with an outcome");
    }

    /** 200 orders; kill -9 once some have their outcome and some have not; the next consumer takes over. */
    private static void killInTheMiddle(Lab lab, String... switches) {
        send(lab);
        Running first = lab.consumer(with(switches, "--work-ms", "100", "--concurrency", "5"));
        await("a quarter is done, and something committed")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> lab.outcomes().size() >= ORDERS / 4
                        && !lab.kafka().committed(lab.group, lab.events).isEmpty());
        first.kill9();
        assertThat(lab.outcomes().size()).as("done before the kill").isLessThan(ORDERS);

        lab.consumer(with(switches, "--work-ms", "0"));
        lab.awaitCaughtUp();
        Map<String, List<JsonNode>> outcomes = lab.outcomes();
        assertThat(outcomes.keySet()).as("orders with an outcome").hasSize(ORDERS);
        assertThat(outcomes.values()).as("outcomes of each").allSatisfy(each -> assertThat(each).hasSize(1));
    }

    @Test
    void aKillOfTheApiDuringRetriesLeavesOneOutcomeEach(Lab lab) throws Exception {
        Api api = lab.api();
        String port = String.valueOf(api.uri().getPort());
        lab.consumer();
        Running sender = lab.start(
                "DuplicateSender",
                "--orders",
                "200",
                "--copies",
                "2",
                "--concurrency",
                "4",
                "--json",
                "--api",
                api.uri().toString(),
                "--bootstrap-server",
                lab.broker().bootstrap(),
                "--topic",
                lab.events,
                "--outcomes-topic",
                lab.outcomes,
                "--group",
                lab.group);
        await("some orders are in").atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(5))
                .until(() -> lab.kafka().records(lab.events).size() > 10);
        api.process().kill9();
        lab.apiOn(port);

        assertThat(sender.awaitExit(Duration.ofSeconds(60))).as(sender.tail()).isEqualTo(0);
        JsonNode result = Kafka.json(Kafka.bytes(sender.out()));
        assertThat(result.path("one_outcome").asInt()).isEqualTo(200);
        assertThat(result.path("http_retries").asInt()).as("the kill was in the middle").isPositive();
    }

    @Test
    void aStopFinishesWhatIsBeingHandledAndTheNextConsumerTakesOver(Lab lab) {
        send(lab);
        Running first = lab.consumer("--work-ms", "100", "--concurrency", "5", "--drain-timeout-ms", "60000");
        await("some are done").atMost(Duration.ofSeconds(30)).until(() -> lab.outcomes().size() > 20);
        assertThat(first.stop()).isEqualTo(143);
        Map<Integer, Long> committed = lab.kafka().committed(lab.group, lab.events);
        long done = committed.values().stream().mapToLong(Long::longValue).sum();
        assertThat(done).as("committed is what is done").isEqualTo(lab.outcomes().size());
        assertThat(done).as("records that were not begun are not processed").isLessThan(ORDERS);

        lab.consumer();
        lab.awaitCaughtUp();
        assertThat(lab.outcomeCounts()).hasSize(ORDERS).allSatisfy((order, count) -> assertThat(count).isEqualTo(1));
    }

    @Test
    void twoConsumersShareThePartitionsAndNothingIsDoneTwice(Lab lab) {
        send(lab);
        Running first = lab.consumer("--work-ms", "50", "--concurrency", "5");
        await("the first works").atMost(Duration.ofSeconds(30)).until(() -> lab.outcomes().size() > 20);
        Running second = lab.consumer("--work-ms", "50", "--concurrency", "5");
        await("the partitions are shared").atMost(Duration.ofSeconds(30))
                .until(() -> lab.kafka().assignment(lab.group).equals(List.of(2, 1)));
        second.stop();
        await("all are back with the first").atMost(Duration.ofSeconds(30))
                .until(() -> lab.kafka().assignment(lab.group).equals(List.of(3)));
        lab.awaitCaughtUp();
        assertThat(lab.outcomeCounts()).hasSize(ORDERS).allSatisfy((order, count) -> assertThat(count).isEqualTo(1));
        String partitions = lab.events + "-0, " + lab.events + "-1, " + lab.events + "-2";
        assertThat(first.err()).as("the log has the partitions that it keeps, not only new ones")
                .contains("has " + partitions, " (new: " + lab.events + "-").doesNotContain("no partition");
    }

    private static void send(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().sendAll(IntStream.range(0, ORDERS).mapToObj(i -> new ProducerRecord<>(lab.events,
                Kafka.bytes("order-" + i), Kafka.bytes(Api.record("order-" + i, "customer123", "59.98")))).toList());
    }

    private static String[] with(String[] options, String... more) {
        return java.util.stream.Stream.concat(java.util.Arrays.stream(options), java.util.Arrays.stream(more))
                .toArray(String[]::new);
    }
}
