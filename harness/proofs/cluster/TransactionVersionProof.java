package proofs.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.OwnBroker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A transaction is whole only with the cluster's transaction.version 2 (11). */
@Execution(ExecutionMode.SAME_THREAD) // they change the same broker
class TransactionVersionProof {
    private static final String FEATURE = "transaction.version";

    @RegisterExtension
    static final LabExtension ON_ITS_OWN_BROKER = new LabExtension(OwnBroker::new);

    @Test
    void aTransactionalConsumerWarnsOfAnOldOne(Lab lab) throws Exception {
        lab.kafka().setTransactionVersion(1);
        try {
            assertThat(warnings(lab, "transactional")).isEqualTo(1);
            assertThat(warnings(lab, "manual")).isZero();
        } finally {
            lab.kafka().setTransactionVersion(2);
        }
        assertThat(warnings(lab, "transactional")).isZero();
    }

    /** Of a consumer that processes an order. */
    private static long warnings(Lab lab, String commit) {
        lab.sendOrders(0, 1);
        Running consumer = lab.consumer("--commit", commit);
        await("an order").atMost(Duration.ofSeconds(40)).until(() -> lab.kafka().caughtUp(lab.group, lab.events));
        assertThat(consumer.stop()).isEqualTo(143);
        return consumer.err().lines().filter(line -> line.contains(" WARN ") && line.contains(FEATURE + " 1: "))
                .count();
    }
}
