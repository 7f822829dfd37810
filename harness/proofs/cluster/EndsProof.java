package proofs.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.IntStream;
import lab.Api;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A partition may end after its last record: with the marker of a transaction that was committed, with records that
 * were aborted, or with what retention has removed. A group never commits such an end, and nothing may wait for that.
 */
@ExtendWith(LabExtension.class)
class EndsProof {
    private static final int PARTITIONS = 4;

    @Test
    void whoWaitsForTheLastRecordDoesNotWaitForWhatIsBehindIt(Lab lab) {
        lab.kafka().createTopic(lab.events, PARTITIONS);
        lab.kafka().send(order(lab, 1, "order-1"));
        lab.kafka().send(order(lab, 2, "order-2"));
        lab.kafka().deleteRecords(lab.events, 2, 1);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(Map.of("bootstrap.servers",
                lab.broker().bootstrap(), "transactional.id", lab.group), new ByteArraySerializer(),
                new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(order(lab, 0, "order-0"));
            producer.commitTransaction();
            producer.beginTransaction();
            producer.send(order(lab, 1, "aborted"));
            producer.flush();
            assertThat(lab.kafka().caughtUp(lab.group, lab.events)).as("in an open transaction").isFalse();
            producer.abortTransaction();
        }
        assertThat(lab.kafka().caughtUp(lab.group, lab.events)).as("orders 0 and 1 are to be done").isFalse();
        lab.consumer();
        lab.awaitCaughtUp();
        assertThat(lab.outcomeCounts()).isEqualTo(Map.of("order-0", 1, "order-1", 1));
        assertThat(lab.kafka().committed(lab.group, lab.events)).as("the ends are 2, 3 and 1")
                .isEqualTo(Map.of(0, 1L, 1, 1L));

        String id = IntStream.range(0, 100).mapToObj(i -> "run" + i).filter(run -> Utils.toPositive(
                Utils.murmur2(Kafka.bytes(run + "-0"))) % PARTITIONS == 3).findFirst().orElseThrow();
        Ended sender = lab.sendDuplicates("--orders", "1", "--via", "topic", "--run-id", id, "--timeout-ms", "20000");
        assertThat(sender.exitCode()).as(sender.tail()).isZero();
        assertThat(lab.kafka().committed(lab.group, lab.events)).as("its copies are where nothing else is")
                .isEqualTo(Map.of(0, 1L, 1, 1L, 3, 3L));
    }

    private static ProducerRecord<byte[], byte[]> order(Lab lab, int partition, String id) {
        return new ProducerRecord<>(lab.events, partition, Kafka.bytes(id),
                Kafka.bytes(Api.record(id, "customer123", "1")));
    }
}
