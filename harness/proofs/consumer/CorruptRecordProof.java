package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.OwnBroker;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A record that the disk has changed holds back its own partition, and is skipped only on request (5). */
@Execution(ExecutionMode.SAME_THREAD) // some of them break the broker
class CorruptRecordProof {
    @RegisterExtension
    static final LabExtension ON_ITS_OWN_BROKER = new LabExtension(folder -> new OwnBroker(folder));

    private static final Duration SOON = Duration.ofSeconds(30);

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void aCorruptRecordHoldsBackItsPartitionOnly(String protocol, Lab lab, OwnBroker broker) throws Exception {
        lab.kafka().createTopic(lab.events, 2);
        lab.sendAllTo(0, "before-", 10, "customer123", 0);
        lab.sendAllTo(0, "changed-", 1, "customer123", 0);
        lab.sendAllTo(0, "after-", 10, "customer123", 0);
        lab.sendAllTo(1, "other-", 20, "customer123", 0);
        broker.stop();
        changeAByte(broker.segment(lab.events, 0), "\"changed-0\"");
        broker.startAgain();

        Running waiting = lab.consumer("--group-protocol", protocol, "--figures-interval-ms", "500");
        await("it says where, more than once").atMost(SOON).until(() -> waiting.err().lines()
                .filter(line -> line.contains(lab.events + "-0 is corrupt at offset 10")).count() > 1);
        await("all but what is behind it is processed").atMost(SOON).until(() -> lab.outcomes().size() == 30);
        int linesBefore = figures(waiting, lab.events).size();
        await("the figures say why, also when nothing else is to be done").atMost(SOON)
                .until(() -> figures(waiting, lab.events).size() > linesBefore + 2);
        assertThat(waiting.stop()).isEqualTo(143);

        Running skipping = lab.consumer("--group-protocol", protocol, "--skip-corrupt");
        lab.awaitCaughtUp();
        assertThat(skipping.stop()).isEqualTo(143);
        assertThat(lab.outcomes()).hasSize(40).doesNotContainKey("changed-0");
        assertThat(skipping.err()).contains("is corrupt at offset 10, and is skipped", "goes on after offset 10");
        assertThat(skipping.out()).contains("gone before they were processed 1");
    }

    private static List<String> figures(Running consumer, String events) {
        return consumer.out().lines().filter(line -> line.contains(events + "-0 is held back: offset 10 is corrupt"))
                .toList();
    }

    private static void changeAByte(Path segment, String near) throws Exception {
        byte[] bytes = Files.readAllBytes(segment);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(near);
        assertThat(at).isPositive();
        bytes[at + 2] ^= 1;
        Files.write(segment, bytes);
    }
}
