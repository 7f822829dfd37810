package proofs.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lab.Lab;
import lab.Proxy;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A consumer that joins or leaves under load leaves every order with one outcome (3 and 4). */
@ExtendWith(LabExtension.class)
class RebalanceProof {
    private static final int ORDERS = 1_000;

    /** Without a ledger, so that a wrong handover shows as a second outcome. */
    @ParameterizedTest
    @CsvSource({"classic, manual", "classic, transactional", "consumer, manual", "consumer, transactional"})
    void joiningAndLeavingUnderLoadProcessesNothingTwice(String protocol, String commit, Lab lab) {
        String[] options = {"--group-protocol", protocol, "--commit", commit, "--dedup", "none", "--work-ms", "60-180",
            "--concurrency", "6"}; // so that there is nearly always a gap before an outcome
        lab.sendOrders(0, ORDERS);
        Running first = lab.consumer(options);
        await("the first works").atMost(Duration.ofSeconds(40)).until(() -> lab.outcomes().size() > 20);
        Running second = lab.consumer(options);
        Running third = lab.consumer(options);
        await("the partitions are shared").atMost(Duration.ofSeconds(40))
                .until(() -> lab.kafka().assignment(lab.group).equals(List.of(1, 1, 1)));
        lab.sendOrders(ORDERS, 2 * ORDERS);
        assertThat(first.stop()).isEqualTo(143);
        await("two are left").atMost(Duration.ofSeconds(40))
                .until(() -> lab.kafka().assignment(lab.group).equals(List.of(2, 1)));
        assertThat(lab.kafka().caughtUp(lab.group, lab.events)).as("nothing is left to do").isFalse();
        assertThat(third.stop()).isEqualTo(143);
        assertThat(second.stop()).isEqualTo(143);
        lab.consumer("--group-protocol", protocol, "--commit", commit, "--dedup", "none"); // for the rest
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 2L * ORDERS));
    }

    /**
     * One member of the group does not poll, so that a rebalance lasts until it is removed; meanwhile offsets cannot be
     * committed, and the consumer is stopped. Without a ledger: what it did not commit shows as a second outcome.
     */
    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void aStopDuringARebalanceCommitsWhatIsWritten(String commit, Lab lab) throws Exception {
        lab.kafka().createTopic(lab.events, 3);
        Running stopped = lab.consumer("--dedup", "none", "--commit", commit, "--work-ms", "3000", "--verbose");
        lab.awaitAssignment(3);
        try (KafkaConsumer<byte[], byte[]> idle = member(lab); KafkaConsumer<byte[], byte[]> joining = member(lab)) {
            await("the idle one has a partition").atMost(Duration.ofSeconds(30))
                    .until(() -> idle.poll(Duration.ofMillis(100)) != null && !idle.assignment().isEmpty());
            Pattern rejoining = Pattern.compile("\\(Re-\\)joining group");
            long rejoined = rejoining.matcher(stopped.err()).results().count();
            lab.sendOrders(0, 90);
            await("all that it has are being handled").atMost(Duration.ofSeconds(30))
                    .until(() -> stopped.err().contains("attempt 1"));
            await("it takes part in a rebalance").atMost(Duration.ofSeconds(30)).until(() -> {
                joining.poll(Duration.ofMillis(100));
                return rejoining.matcher(stopped.err()).results().count() > rejoined;
            });
            assertThat(stopped.stop()).isEqualTo(143);
        }
        lab.consumer("--dedup", "none");
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 90L));
    }

    /** Kafka acknowledges nothing for two seconds when the partition is given up. */
    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void theLastOutcomesOfAPartitionMayTakeLongerThanOthers(String commit, Lab lab) {
        Proxy proxy = Proxy.before(lab, "--delay-ms", "2000");
        Lab through = lab.through(proxy.bootstrap());
        through.kafka().createTopic(through.events, 2);
        Running first = through.consumer("--dedup", "none", "--commit", commit, "--work-ms", "8000",
                "--drain-timeout-ms", "20000", "--verbose");
        through.awaitAssignment(2);
        through.sendAllTo(0, "zero-", 5, "customer123", 0);
        through.sendAllTo(1, "one-", 5, "customer123", 0);
        Pattern begun = Pattern.compile("processing order");
        await("all are being handled").atMost(Duration.ofSeconds(30))
                .until(() -> begun.matcher(first.err()).results().count() == 10);
        proxy.command("delay Produce@.*-writer");
        through.consumer("--dedup", "none", "--commit", commit);
        through.awaitAssignment(1, 1);
        proxy.command("heal");
        through.awaitCaughtUp();
        assertThat(first.err()).as("it gave one up while all were at work")
                .containsPattern("(?s)gives up.*processed order");
        assertThat(through.ordersByOutcomes()).isEqualTo(Map.of(1, 10L));
    }

    private static KafkaConsumer<byte[], byte[]> member(Lab lab) {
        Map<String, Object> settings = new HashMap<>(lab.broker().client());
        settings.putAll(Map.of("group.id", lab.group, "max.poll.interval.ms", 5_000, "session.timeout.ms", 6_000,
                "heartbeat.interval.ms", 500, "enable.auto.commit", false, "partition.assignment.strategy",
                CooperativeStickyAssignor.class.getName()));
        KafkaConsumer<byte[], byte[]> member =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        member.subscribe(List.of(lab.events));
        return member;
    }

    /** With one slot, a slow order of a partition that stays keeps those of the one that leaves from beginning. */
    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void aRebalanceDoesNotWaitForWhatHasNotBegun(String protocol, Lab lab) {
        lab.kafka().createTopic(lab.events, 2);
        Running first = lab.consumer("--group-protocol", protocol, "--concurrency", "1", "--work-ms", "40000",
                "--handler-timeout-ms", "60000", "--drain-timeout-ms", "40000", "--figures-interval-ms", "200",
                "--verbose");
        lab.awaitAssignment(2);
        lab.sendAllTo(0, "slow-", 1, "customer123", 0);
        await("it is being handled").atMost(Duration.ofSeconds(30)).until(() -> first.err().contains("attempt 1"));
        lab.sendAllTo(1, "next-", 5, "customer123", 0);
        await("the others wait for the slot").atMost(Duration.ofSeconds(30))
                .until(() -> first.out().contains("in flight 6 "));
        lab.consumer("--group-protocol", protocol);
        await("the second has processed them").atMost(Duration.ofSeconds(25))
                .until(() -> lab.ordersByOutcomes().equals(Map.of(1, 5L)));
        assertThat(first.err()).contains("gives up " + lab.events + "-1, keeps " + lab.events + "-0");
    }

    /** A member that joins has no partition for a moment, which is not worth a line. */
    @Test
    void onlyAConsumerThatStaysWithoutAPartitionSaysSo(Lab lab) {
        String line = "has no partition for now";
        lab.kafka().createTopic(lab.events, 2);
        Running first = lab.consumer();
        lab.awaitAssignment(2);
        Running second = lab.consumer();
        lab.awaitAssignment(1, 1);
        Running third = lab.consumer();
        await("the third says so").atMost(Duration.ofSeconds(30)).until(() -> third.err().contains(line));
        for (Running sharing : List.of(first, second)) {
            assertThat(sharing.err()).contains("has " + lab.events + "-").doesNotContain(line);
        }
        assertThat(first.err()).contains("gives up " + lab.events, ", keeps " + lab.events);
    }
}
