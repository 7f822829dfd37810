package story;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import history.Event;
import history.Event.DeadLetter;
import history.Event.Fate;
import history.Event.Outcome;
import history.Id;
import history.Place;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lab.Kafka;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What the history's words mean for orders: the one place where the proofs know them. */
public final class Orders {
    private static final String HEADER = "__dlq.errors.";

    private Orders() {
    }

    /**
     * An order's id, and what makes it another order: customer and total. What is not JSON is what it is.
     *
     * @param key of the record
     */
    public static Id id(byte[] key, byte[] value) {
        try {
            JsonNode order = Kafka.JSON.readTree(value);
            return id(order.path("order_id").asText(), order);
        } catch (JsonProcessingException e) {
            return new Id(key == null ? "no key" : Kafka.text(key), digest(value));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    static Id id(String name, JsonNode order) {
        return new Id(name, order.path("customer_id").asText() + ", " + order.path("total_amount").asText());
    }

    static Event.Record record(ConsumerRecord<byte[], byte[]> record) {
        return new Event.Record(place(record), id(record.key(), record.value()),
                record.key() == null ? null : Kafka.text(record.key()), digest(record));
    }

    /** The outcomes of processed orders. A dead-lettered one has a dead letter: that is its fate. */
    static Optional<Fate> outcome(ConsumerRecord<byte[], byte[]> outcome, Map<Place, Id> sources) {
        JsonNode json = Kafka.json(outcome.value());
        if (!json.path("status").asText().equals("processed")) {
            return Optional.empty();
        }
        JsonNode source = json.path("source");
        Place from = Place.of(source.path("topic").asText(), source.path("partition").asInt(),
                source.path("offset").asLong());
        return Optional.of(new Outcome(place(outcome), sources.getOrDefault(from,
                new Id(Kafka.text(outcome.key()), "unknown")), from));
    }

    static Fate deadLetter(ConsumerRecord<byte[], byte[]> letter, Map<Place, Id> sources) {
        Place from = Place.of(Kafka.header(letter, HEADER + "topic"),
                Integer.parseInt(Kafka.header(letter, HEADER + "partition")),
                Long.parseLong(Kafka.header(letter, HEADER + "offset")));
        String exception = Optional.ofNullable(Kafka.header(letter, HEADER + "exception")).orElse("");
        return new DeadLetter(place(letter), sources.getOrDefault(from, id(letter.key(), letter.value())), from,
                exception.endsWith("IdempotencyConflict"), digest(letter));
    }

    static Map<Place, Id> ids(List<Event.Record> records) {
        Map<Place, Id> ids = new HashMap<>();
        records.forEach(record -> ids.put(record.place(), record.id()));
        return ids;
    }

    private static Place place(ConsumerRecord<?, ?> record) {
        return Place.of(record.topic(), record.partition(), record.offset());
    }

    /** Of key and value: what a dead letter keeps. */
    private static String digest(ConsumerRecord<byte[], byte[]> record) {
        return digest(record.key()) + "/" + digest(record.value());
    }

    private static String digest(byte[] bytes) {
        try {
            return bytes == null ? "null" : HexFormat.of().formatHex(
                    MessageDigest.getInstance("SHA-256").digest(bytes), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
