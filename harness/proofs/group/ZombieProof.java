package proofs.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import lab.Api;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What does a consumer do with its results when it was frozen past its session, and thawed after its partitions moved?
 * In a transaction: nothing (6). {@code ZombieChangesNothing} shows what it does with a manual commit.
 */
@ExtendWith(LabExtension.class)
class ZombieProof {
    private static final int ORDERS = 60;

    @Test
    void aZombieWithAnOpenTransactionAddsNothing(Lab lab) {
        thawAZombie(lab, "written", 0);
    }

    /** The first order of a partition hangs: the outcomes of later orders are written, and no offset moves. */
    @Test
    void aZombieWhoseOffsetsDoNotMoveAddsNothing(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        for (int partition = 0; partition < 3; partition++) {
            String id = "hangs-" + partition;
            lab.kafka().send(new ProducerRecord<>(lab.events, partition, Kafka.bytes(id),
                    Kafka.bytes(Api.record(id, "customer-h", "1"))));
        }
        thawAZombie(lab, "handled", 3);
    }

    /** @param others how many orders there are already; the second consumer does not hang at them */
    private static void thawAZombie(Lab lab, String point, int others) {
        lab.sendOrders(0, ORDERS);
        Running zombie = lab.frozenConsumer(point, "--commit", "transactional");
        lab.consumer("--commit", "transactional", "--no-failures");
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).as("by the other consumer").isEqualTo(Map.of(1, (long) others + ORDERS));

        zombie.thaw();
        await("the zombie is a member again, without its old partitions").atMost(Duration.ofSeconds(40))
                .until(() -> lab.kafka().assignment(lab.group).equals(List.of(2, 1)));
        lab.sendOrders(ORDERS, ORDERS + 30);
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, others + ORDERS + 30L));
    }
}
