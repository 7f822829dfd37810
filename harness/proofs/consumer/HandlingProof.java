package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import lab.Api;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Orders that are slow or hang delay only their own key (8); what is in flight is bounded, and reported. */
@ExtendWith(LabExtension.class)
class HandlingProof {

    @Test
    void aHandlerThatHangsIsInterruptedAndTriedAgain(Lab lab) {
        hang(lab, "--handler-timeout", "300", "--retry-backoff-ms", "20");
        lab.awaitCaughtUp();
        assertThat(lab.outcomes().get("hangs")).singleElement().satisfies(outcome -> {
            assertThat(outcome.path("status").asText()).isEqualTo("processed");
            assertThat(outcome.path("attempts").asInt()).isEqualTo(3);
        });
    }

    @Test
    void anOrderThatKeepsHangingIsDeadLettered(Lab lab) {
        hang(lab, "--handler-timeout", "200", "--retry-backoff-ms", "20", "--max-attempts", "2");
        lab.awaitCaughtUp();
        assertThat(lab.deadLetters()).singleElement().satisfies(letter -> assertThat(
                Kafka.header(letter, "__dlq.errors.message")).contains("not handled within 200 ms"));
    }

    /** An order that hangs twice, and fifty behind it in the same partition. */
    private static Running hang(Lab lab, String... options) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().send(order(lab, "hangs", "customer-h"));
        lab.kafka().sendAll(IntStream.range(0, 50).mapToObj(i -> order(lab, "order-" + i, "customer123")).toList());
        return lab.consumer(options);
    }

    private static ProducerRecord<byte[], byte[]> order(Lab lab, String id, String customer) {
        return new ProducerRecord<>(lab.events, 0, Kafka.bytes(id), Kafka.bytes(Api.record(id, customer, "1")));
    }

    @Test
    void recordsAndBytesInFlightAreBoundedAndTheFiguresAddUp(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().sendAll(IntStream.range(0, 300).mapToObj(i -> new ProducerRecord<>(lab.events, i % 3,
                Kafka.bytes("order-" + i), Kafka.bytes(Api.record("order-" + i, "customer123", "1")
                        + " ".repeat(10_000)))).toList());
        lab.kafka().send(order(lab, "order-0", "customer123"));
        lab.kafka().send(order(lab, "fails", "customerf"));
        Running consumer = lab.consumer("--work-ms", "30", "--concurrency", "10", "--max-in-flight-bytes", "200000",
                "--json", "--figures-interval-ms", "50");
        lab.awaitCaughtUp();
        assertThat(consumer.stop()).isEqualTo(143);

        List<JsonNode> lines = consumer.out().lines().map(line -> Kafka.json(Kafka.bytes(line))).toList();
        List<Long> bytes = lines.stream().filter(line -> line.path("type").asText().equals("figures"))
                .map(line -> line.path("in_flight_bytes").asLong()).toList();
        assertThat(bytes).as("bytes in flight, with a fetch of 50,000 more for each partition").hasSizeGreaterThan(3)
                .allSatisfy(each -> assertThat(each).isLessThan(380_000)).anyMatch(each -> each > 100_000);
        assertThat(lines).anySatisfy(line -> assertThat(line.path("unfinished").path(lab.events + "-0").asInt())
                .as("records of the partition that are not finished").isPositive());
        JsonNode summary = lines.getLast();
        assertThat(summary.path("type").asText()).isEqualTo("summary");
        assertThat(summary.path("processed").asInt()).isEqualTo(300);
        assertThat(summary.path("duplicates").asInt()).isEqualTo(1);
        assertThat(summary.path("dead_letters").asInt()).isEqualTo(1);
    }

    @Test
    void headersCountAsBytesInFlight(Lab lab) {
        lab.kafka().createTopic(lab.events, 3);
        ProducerRecord<byte[], byte[]> record = order(lab, "order-0", "customer123");
        record.headers().add("trace", new byte[100_000]).add("empty", null);
        lab.kafka().send(record);
        Running consumer = lab.consumer("--work-ms", "3000", "--json", "--figures-interval-ms", "50");
        int size = record.key().length + record.value().length + "trace".length() + 100_000 + "empty".length();
        String bytes = consumer.awaitOut("bytes in flight", Pattern.compile("\"in_flight_bytes\":([1-9]\\d*)"),
                Duration.ofSeconds(40));
        assertThat(Integer.parseInt(bytes)).isEqualTo(size);
    }
}
