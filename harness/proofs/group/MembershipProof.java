package proofs.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import cli.ConsumerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * What does {@code --instance-id} change when a consumer is killed and started again? It takes its own place in the
 * group, with both group protocols, and ends its own open transaction; nobody waits for a session or for a time-out.
 */
@ExtendWith(LabExtension.class)
class MembershipProof {
    private static final int ORDERS = 60;
    private static final Duration SESSION = Duration.ofSeconds(15);
    private static final Duration BETWEEN_CLEANUPS = Duration.ofSeconds(10); // the coordinator looks this often
    private static final Duration MARGIN = Duration.ofSeconds(15);
    private static final Duration START = Duration.ofSeconds(30);

    /** Two groups with such names, and such instances, have one letter sequence between them. */
    @Test
    @Tag("check")
    void noTwoConsumersOfDifferentGroupsHaveTheSameTransactionalId() {
        assertThat(transactionalIds("orders", "a-1", "orders-a", "1")).doesNotHaveDuplicates();
        assertThat(transactionalIds("orders", "a/1", "orders/a", "1")).doesNotHaveDuplicates();
        assertThat(transactionalIds("orders", "a%2F1", "orders", "a/1")).doesNotHaveDuplicates();
        assertThat(transactionalIds("orders", "1", "orders", "1")).as("the same after a restart")
                .containsExactly("orders/1", "orders/1");
    }

    private static List<String> transactionalIds(String group, String instance, String otherGroup, String other) {
        return List.of(options(instance).transactionalId(group), options(other).transactionalId(otherGroup));
    }

    private static ConsumerOptions options(String instance) {
        return CommandLine.populateCommand(new ConsumerOptions(), "--instance-id", instance);
    }

    @ParameterizedTest
    @CsvSource({
        "classic,  manual",
        "classic,  transactional",
        "consumer, manual",
        "consumer, transactional"
    })
    void aConsumerThatWasKilledTakesItsPlaceAtOnce(String protocol, String commit, Lab lab) {
        String[] options = {"--group-protocol", protocol, "--commit", commit, "--instance-id", "a",
            "--session-timeout-ms", String.valueOf(SESSION.toMillis())};
        lab.sendOrders(0, ORDERS);
        lab.frozenConsumer("written", options).kill9();
        long killed = System.nanoTime();
        Running again = lab.consumer(options);
        await("the group commits all that was sent").atMost(SESSION)
                .until(() -> again.alive() && lab.kafka().caughtUp(lab.group, lab.events));
        assertThat(since(killed)).as("before its session ended").isLessThan(SESSION);
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, (long) ORDERS));
    }

    /** A consumer that stops cleanly stays a member for its session: the others' partitions do not move. */
    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void aRestartMovesNoPartitionOfTheOthers(String protocol, Lab lab) {
        lab.kafka().createTopic(lab.events, 4);
        Running first = lab.consumer("--group-protocol", protocol, "--instance-id", "a");
        await("a has all").atMost(START).until(() -> assignments(first) > 0);
        Running other = lab.consumer("--group-protocol", protocol, "--instance-id", "b");
        await("b has its half").atMost(START).until(() -> assignments(other) > 0
                && lab.kafka().assignment(lab.group).equals(List.of(2, 2)));
        long before = assignments(other);
        first.stop();
        Running again = lab.consumer("--group-protocol", protocol, "--instance-id", "a");
        await("a has its half again").atMost(START).until(() -> assignments(again) > 0);
        lab.sendOrders(0, ORDERS);
        lab.awaitCaughtUp();
        assertThat(assignments(other)).isEqualTo(before);
        assertThat(other.err()).doesNotContain("gives up");
        assertThat(again.err()).doesNotContain("takes its place"); // by removing it, which may move partitions
    }

    private static long assignments(Running consumer) {
        return consumer.err().lines().filter(line -> line.contains(" has order-events")).count();
    }

    /** The first is frozen meanwhile, so that it cannot become a member again before the second is one. */
    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void ofTwoThatRunWithOneInstanceIdTheFirstEndsAndAddsNothing(String protocol, Lab lab) {
        String[] options = {"--group-protocol", protocol, "--commit", "transactional", "--instance-id", "a"};
        lab.sendOrders(0, ORDERS);
        Running first = lab.frozenConsumer("handled", options);
        Running second = lab.consumer(options);
        lab.awaitCaughtUp();
        first.thaw();
        Ended ended = first.ended(Duration.ofSeconds(30));
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err()).contains("another consumer with the same --instance-id has taken its place");
        lab.sendOrders(ORDERS, 2 * ORDERS);
        lab.awaitCaughtUp();
        assertThat(second.alive()).isTrue();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 2L * ORDERS));
    }

    @Test
    void withAnInstanceIdTheNextStartEndsTheOpenTransaction(Lab lab) {
        long[] took = killWithAnOpenTransaction(lab, "--instance-id", "a");
        assertThat(took[1]).as("after the kill").isLessThan(SESSION.toMillis());
    }

    @Test
    void withoutOneReadersWaitUntilTheTransactionTimesOut(Lab lab) {
        long[] took = killWithAnOpenTransaction(lab);
        assertThat(took[0]).as("after the start").isGreaterThan(SESSION.toMillis());
        assertThat(took[1]).as("after the kill")
                .isLessThan(SESSION.plus(BETWEEN_CLEANUPS).plus(MARGIN).toMillis());
    }

    /**
     * Kills a consumer that has written dead letters in a transaction, starts another, and appends a record of somebody
     * else to the same topic.
     *
     * @return the time until a reader sees that record, from the first start on, and from the kill on
     */
    private static long[] killWithAnOpenTransaction(Lab lab, String... more) {
        String[] options = Lab.with(more, "--commit", "transactional", "--session-timeout-ms",
                String.valueOf(SESSION.toMillis()));
        lab.kafka().createTopic(lab.events, 3);
        lab.sendAllTo(0, "bad-", ORDERS, "customerf", 0);
        long started = System.nanoTime();
        Running dead = lab.frozenConsumer("written", options);
        dead.kill9();
        long killed = System.nanoTime();
        lab.consumer(options);
        lab.kafka().send(lab.dlq, "another-letter", "of another consumer");
        await("readers see what came after the open transaction").atMost(Duration.ofSeconds(60)).until(
                () -> lab.kafka().visibleRecords(lab.dlq).stream()
                        .anyMatch(letter -> Kafka.text(letter.key()).equals("another-letter")));
        long[] took = {since(started).toMillis(), since(killed).toMillis()};
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, (long) ORDERS));
        assertThat(lab.deadLetters()).hasSize(ORDERS + 1);
        return took;
    }

    private static Duration since(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime);
    }
}
