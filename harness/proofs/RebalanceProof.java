package proofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lab.Broker;
import lab.Lab;
import lab.LabExtension;
import lab.Running;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who joins, leaves, or loses sight of the broker under load leaves every order with one outcome (3 and 4). */
@ExtendWith(LabExtension.class)
class RebalanceProof {
    private static final int ORDERS = 1_000;

    /** Without a ledger, so that whatever is handed over badly shows as a second outcome. */
    @ParameterizedTest
    @CsvSource({"classic, manual", "classic, transactional", "consumer, manual", "consumer, transactional"})
    void joiningAndLeavingUnderLoadProcessesNothingTwice(String protocol, String commit, Lab lab) {
        String[] options = {"--group-protocol", protocol, "--commit", commit, "--dedup", "none", "--work-ms", "20-60",
            "--concurrency", "2"};
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
        assertThat(lab.kafka().lag(lab.group, lab.events)).as("still under load").isPositive();
        assertThat(third.stop()).isEqualTo(143);
        assertThat(second.stop()).isEqualTo(143);
        lab.consumer("--group-protocol", protocol, "--commit", commit, "--dedup", "none"); // for the rest
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 2L * ORDERS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"manual", "transactional"})
    void aBrokerThatIsAwayForAWhileIsWaitedFor(String commit, Lab lab) {
        String data = lab.folder().resolve("data").toString();
        Running broker = lab.start("KafkaBroker", "--port", "0", "--data-dir", data);
        String bootstrap = Broker.address(broker);
        try (Lab own = new Lab(Broker.running(bootstrap), lab.folder().resolve("own"))) {
            own.sendOrders(0, 400);
            Running consumer = own.consumer("--commit", commit, "--work-ms", "50", "--concurrency", "4",
                    "--figures-interval-ms", "1000");
            await("some are done").atMost(Duration.ofSeconds(40)).until(() -> own.outcomes().size() > 20);
            broker.kill9();
            consumer.awaitOut("says that it waits", Pattern.compile("(waiting for Kafka for \\d+ s)"),
                    Duration.ofSeconds(30));
            lab.start("KafkaBroker", "--port", bootstrap.substring(bootstrap.lastIndexOf(':') + 1), "--data-dir", data);
            own.awaitCaughtUp();
            assertThat(own.ordersByOutcomes()).isEqualTo(Map.of(1, 400L));
            assertThat(consumer.alive()).isTrue();
            consumer.close();
        }
    }
}
