package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.stream.IntStream;
import lab.Api;
import lab.Kafka;
import lab.Lab;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A bad record stops nothing, and stays readable, with its origin and the reason (5). */
@ExtendWith(LabExtension.class)
class DeadLetterProof {

    @Test
    void aFailedOrderIsDeadLetteredWithItsBytesAndWhereItCameFrom(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        ProducerRecord<byte[], byte[]> order = order(lab, "order-1", "customerf");
        order.headers().add("trace", new byte[] {0, (byte) 0xff, 1}).add("trace", null);
        RecordMetadata at = lab.kafka().send(order);
        lab.consumer();
        lab.awaitCaughtUp();

        ConsumerRecord<byte[], byte[]> letter = onlyDeadLetter(lab);
        assertThat(letter.key()).isEqualTo(order.key());
        assertThat(letter.value()).isEqualTo(order.value());
        assertThat(letter.headers().headers("trace")).extracting(h -> h.value())
                .containsExactly(new byte[] {0, (byte) 0xff, 1}, null);
        assertThat(Kafka.header(letter, "__dlq.errors.topic")).isEqualTo(lab.events);
        assertThat(Kafka.header(letter, "__dlq.errors.partition")).isEqualTo(String.valueOf(at.partition()));
        assertThat(Kafka.header(letter, "__dlq.errors.offset")).isEqualTo(String.valueOf(at.offset()));
        assertThat(Kafka.header(letter, "__dlq.errors.group")).isEqualTo(lab.group);
        assertThat(Kafka.header(letter, "__dlq.errors.delivery.count")).isEqualTo("1");
        assertThat(Kafka.header(letter, "__dlq.errors.message")).contains("customerf");
        assertThat(Kafka.header(letter, "__dlq.errors.exception")).isEqualTo("orders.OrderRejected");
        assertThat(Kafka.header(letter, "__dlq.errors.stacktrace")).contains("SimulatedWork").hasSizeLessThan(10_000);
        assertThat(Kafka.header(letter, "__dlq.errors.timestamp")).as("the order's; the letter's is the failure's")
                .isEqualTo(Instant.ofEpochMilli(at.timestamp()).toString());
        assertThat(letter.timestamp()).isGreaterThan(at.timestamp());

        JsonNode outcome = lab.outcomes().get("order-1").getFirst();
        assertThat(outcome.path("status").asText()).isEqualTo("dead-lettered");
        assertThat(outcome.path("reason").asText()).contains("OrderRejected");
    }

    @Test
    void poisonGoesToTheDlqAndAllOthersAreProcessed(Lab lab) {
        lab.consumer();
        poisonAmongOrders(lab);

        assertThat(lab.deadLetters()).extracting(letter -> Kafka.header(letter, "__dlq.errors.exception"))
                .containsExactlyInAnyOrder("orders.MalformedRecord", "orders.MalformedRecord", "orders.MalformedRecord",
                        "orders.InvalidOrder", "orders.InvalidOrder", "orders.InvalidOrder", "orders.InvalidOrder");
        ConsumerRecord<byte[], byte[]> notJson = lab.deadLetters().stream()
                .filter(letter -> "not json".equals(Kafka.text(letter.value()))).findFirst().orElseThrow();
        assertThat(Kafka.header(notJson, "__dlq.errors.partition")).isEqualTo("0");
        assertThat(Kafka.header(notJson, "__dlq.errors.offset")).isEqualTo("10");
    }

    /** Ten orders, seven kinds of poison and, once those are committed, ten orders more, all in one partition. */
    private static void poisonAmongOrders(Lab lab) {
        await("topics").until(() -> lab.kafka().partitions(lab.outcomes) == 3);
        sendTen(lab, 0);
        sendPoison(lab, "k1", Kafka.bytes("not json"));
        sendPoison(lab, null, new byte[] {(byte) 0xc3, 0x28, 0, 1});
        sendPoison(lab, null, Kafka.bytes("{\"order_id\":1e" + "9".repeat(20) + "}"));
        sendPoison(lab, "k2", Kafka.bytes("{\"hello\":\"world\"}"));
        sendPoison(lab, "another-key", Kafka.bytes(Api.record("order-x", "customer123", "1")));
        sendPoison(lab, "k3", Kafka.bytes("null"));
        sendPoison(lab, "k4", Kafka.bytes(Api.record("k4", "half a surrogate pair: \\ud800 f", "1")));
        lab.awaitCaughtUp();
        sendTen(lab, 10);
        lab.awaitCaughtUp();
        assertThat(lab.outcomes().keySet()).as("orders that were processed").hasSize(20);
    }

    private static void sendTen(Lab lab, int from) {
        lab.kafka().sendAll(IntStream.range(from, from + 10).mapToObj(i -> new ProducerRecord<>(lab.events, 0,
                Kafka.bytes("order-" + i), Kafka.bytes(Api.record("order-" + i, "customer123", "1")))).toList());
    }

    private static void sendPoison(Lab lab, String key, byte[] value) {
        lab.kafka().send(new ProducerRecord<>(lab.events, 0, Kafka.bytes(key), value));
    }

    @Test
    void aTemporaryFailureIsRetriedUntilItPasses(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().send(order(lab, "order-1", "customer"));
        lab.kafka().send(order(lab, "order-2", "customer-r"));
        lab.consumer("--retry-backoff-ms", "20");
        lab.awaitCaughtUp();
        assertThat(lab.outcomes().get("order-2")).singleElement().satisfies(outcome -> {
            assertThat(outcome.path("status").asText()).isEqualTo("processed");
            assertThat(outcome.path("attempts").asInt()).isEqualTo(3);
        });
        assertThat(lab.deadLetters()).isEmpty();
    }

    @Test
    void aRecordThatUsesUpItsRetriesGoesToTheDlq(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().send(order(lab, "order-2", "customer-r"));
        lab.consumer("--retry-backoff-ms", "20", "--max-attempts", "2");
        lab.awaitCaughtUp();
        assertThat(Kafka.header(onlyDeadLetter(lab), "__dlq.errors.delivery.count")).isEqualTo("2");
        assertThat(Kafka.header(onlyDeadLetter(lab), "__dlq.errors.exception")).isEqualTo("messages.TransientFailure");
    }

    private static ConsumerRecord<byte[], byte[]> onlyDeadLetter(Lab lab) {
        assertThat(lab.deadLetters()).hasSize(1);
        return lab.deadLetters().getFirst();
    }

    private static ProducerRecord<byte[], byte[]> order(Lab lab, String orderId, String customer) {
        return new ProducerRecord<>(
                lab.events, Kafka.bytes(orderId), Kafka.bytes(Api.record(orderId, customer, "59.98")));
    }
}
