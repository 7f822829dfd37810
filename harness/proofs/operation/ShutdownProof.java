package proofs.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On SIGTERM a script that waits for Kafka ends at once, and one that handles orders finishes them, within a bound. */
@Order(3) // one order that takes half a minute
@ExtendWith(LabExtension.class)
class ShutdownProof {
    private static final Duration START = Duration.ofSeconds(40);
    private static final Duration AT_ONCE = Duration.ofSeconds(10); // on a busy machine

    @ParameterizedTest
    @ValueSource(strings = {"OrderApi --port 0", "OrderConsumer", "DlqInspector list", "DuplicateSender"})
    void aStopEndsTheWaitBetweenTwoTries(String script, Lab lab) {
        Running waiting = start(script, "127.0.0.1:1", lab);
        await("has tried once").atMost(START).until(() -> waiting.err().contains("attempt 1 of 10"));
        assertEndsAtOnce(waiting);
    }

    /** Whatever it waits for, here the answer of something that accepts connections and then says nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"OrderApi --port 0", "OrderConsumer", "DlqInspector list", "DuplicateSender"})
    void aStopEndsTheWaitForAnAnswer(String script, Lab lab) throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            silent.setSoTimeout((int) START.toMillis());
            Running waiting = start(script, "127.0.0.1:" + silent.getLocalPort(), lab);
            try (var connection = silent.accept()) {
                assertEndsAtOnce(waiting);
            }
        }
    }

    private static Running start(String script, String bootstrap, Lab lab) {
        String[] words = (script + " --bootstrap-server " + bootstrap).split(" ");
        return lab.start(words[0], Arrays.copyOfRange(words, 1, words.length));
    }

    private static void assertEndsAtOnce(Running waiting) {
        assertThat(waiting.stopWithin(AT_ONCE)).isEqualTo(143);
        assertThat(waiting.err()).doesNotContain("Exception", " ERROR ");
    }

    /** The JVM is kept alive for as long as the options say: by default work may take 10 s. */
    @Test
    void aStopWaitsForWorkAsLongAsTheDrainTimeoutAllows(Lab lab) {
        lab.sendOrders(0, 1);
        Running consumer = lab.consumer("--work-ms", "33000", "--handler-timeout", "60000", "--drain-timeout-ms",
                "60000", "--figures-interval-ms", "1000");
        consumer.awaitOut("handles an order", Pattern.compile("(in flight 1 )"), START);
        assertThat(consumer.stopWithin(Duration.ofSeconds(60))).isEqualTo(143);
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 1L));
        assertThat(lab.kafka().caughtUp(lab.group, lab.events)).as("all is committed").isTrue();
    }

    @Test
    void aStopFinishesWhatIsBeingHandledAndTheNextConsumerTakesOver(Lab lab) {
        lab.sendOrders(0, 200);
        Running first = lab.consumer("--work-ms", "100", "--concurrency", "5", "--drain-timeout-ms", "60000");
        await("some are done").atMost(START).until(() -> lab.outcomes().size() > 20);
        assertThat(first.stop()).isEqualTo(143);
        long committed = lab.kafka().committed(lab.group, lab.events).values().stream().mapToLong(each -> each).sum();
        assertThat(committed).as("committed is what is done").isEqualTo(lab.outcomes().size());
        assertThat(committed).as("records that were not begun are not processed").isLessThan(200);

        lab.consumer();
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 200L));
    }
}
