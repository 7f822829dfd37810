package proofs.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A processed order is recognised wherever it is delivered again, whichever consumer processed it (invariant 4). */
@ExtendWith(LabExtension.class)
class LedgerProof {

    @Test
    void itRecognisesDuplicatesInEveryWayOfDelivery(Lab lab) {
        lab.sendOrders(0, 30);
        lab.sendOrders(0, 30); // in the same poll
        Running first = lab.consumer();
        lab.awaitCaughtUp();
        lab.sendOrders(0, 30); // in the next poll
        lab.awaitCaughtUp();
        Running second = lab.consumer();
        await("the partitions are shared").atMost(Duration.ofSeconds(30))
                .until(() -> lab.kafka().assignment(lab.group).equals(List.of(2, 1)));
        lab.sendOrders(0, 30); // at two consumers, one of which has never seen them
        lab.awaitCaughtUp();
        first.stop();
        await("the second has all partitions").atMost(Duration.ofSeconds(30))
                .until(() -> lab.kafka().assignment(lab.group).equals(List.of(3)));
        assertThat(second.err()).as("the log has the partitions that it keeps, not only new ones").contains("has "
                + lab.events + "-0, " + lab.events + "-1, " + lab.events + "-2 (new: ").doesNotContain("no partition");
        lab.sendOrders(0, 30); // where the partitions moved to
        lab.awaitCaughtUp();
        second.kill9();
        lab.consumer();
        lab.sendOrders(0, 30); // after a restart
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 30L));
    }

    /** Compaction and the markers of transactions leave gaps between the offsets, so that nothing can be counted. */
    @Test
    void itIsReadBackFromACompactedTopicWithGaps(Lab lab) {
        lab.kafka().createTopic(lab.outcomes, 3, Map.of("cleanup.policy", "compact", "segment.ms", "500",
                "min.cleanable.dirty.ratio", "0.001", "max.compaction.lag.ms", "500", "delete.retention.ms", "0"));
        lab.sendOrders(0, 20);
        Running doubling = lab.consumer("--commit", "transactional", "--dedup", "none");
        for (int i = 0; i < 5; i++) {
            lab.sendOrders(0, 20);
            lab.awaitCaughtUp();
        }
        doubling.stop();
        // the consumer's own count: in the topic, compaction may have begun
        assertThat(doubling.out()).as("without a ledger").contains("processed 120, duplicates 0");
        await("all but the last segment compacted").atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    for (int partition = 0; partition < 3; partition++) { // a record closes the segment before it
                        lab.kafka().send(new ProducerRecord<>(lab.outcomes, partition,
                                Kafka.bytes("nobody-" + partition), Kafka.bytes("{}")));
                    }
                    return lab.outcomeCounts().entrySet().stream().filter(e -> e.getKey().startsWith("order-"))
                            .allMatch(e -> e.getValue() == 1);
                });

        lab.sendOrders(0, 21);
        lab.consumer();
        lab.awaitCaughtUp();
        assertThat(lab.outcomeCounts()).as("one each, the new one too").containsEntry("order-20", 1)
                .allSatisfy((order, count) -> assertThat(order.startsWith("nobody") || count == 1).isTrue());
    }

    @Test
    void itRemembersForItsTopicsRetentionAndWarnsIfThatIsTooShort(Lab lab) {
        lab.kafka().createTopic(lab.outcomes, 3, Map.of("cleanup.policy", "compact,delete", "retention.ms", "5000"));
        lab.sendOrders(0, 1);
        lab.sendOrders(0, 1);
        Running consumer = lab.consumer();
        lab.awaitCaughtUp();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, 1L));
        assertThat(consumer.err())
                .contains("the ledger " + lab.outcomes + " remembers for PT5S only, but records may come");

        await("forgotten").atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofSeconds(2)).until(() -> {
            lab.sendOrders(0, 1);
            lab.awaitCaughtUp();
            return lastSource(lab) > 1;
        });
    }

    private static long lastSource(Lab lab) {
        List<JsonNode> outcomes = lab.outcomes().get("order-0");
        return outcomes.getLast().path("source").path("offset").asLong();
    }

    @Test
    void itsRetentionIsThatOfTheOrdersPlusTheReplayHorizon(Lab lab) {
        lab.kafka().createTopic(lab.events, 3, Map.of("retention.ms", "3600000"));
        Running consumer = lab.consumer("--replay-horizon-days", "1");
        await("it is created").atMost(Duration.ofSeconds(30)).until(() -> lab.kafka().partitions(lab.outcomes) == 3);
        assertThat(lab.kafka().topicSetting(lab.outcomes, "retention.ms")).isEqualTo(String.valueOf(25 * 3_600_000));
        assertThat(lab.kafka().topicSetting(lab.outcomes, "cleanup.policy")).contains("compact", "delete");
        assertThat(consumer.err()).doesNotContain(" only, but records may come");
    }

    /** With so many partitions, most restores have not asked Kafka for anything when the consumer stops. */
    @Test
    void aStopWhileItIsReadBackIsNoError(Lab lab) {
        lab.kafka().createTopic(lab.events, 60);
        Running consumer = lab.consumer();
        await("it begins to read its ledgers").atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(10))
                .until(() -> consumer.err().contains("has " + lab.events));
        assertThat(consumer.stop()).isEqualTo(143);
        assertThat(consumer.err()).contains("stopped").doesNotContain(" ERROR ", "cannot be read");
        assertThat(consumer.out()).contains("processed 0, duplicates 0, dead letters 0 in ");
    }
}
