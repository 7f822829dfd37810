package families;

import java.util.List;
import java.util.Set;

/**
 * Kafka Streams with {@code errors.dead.letter.queue.topic.name} (KIP-1034, from 4.2 on). An exception in a punctuation
 * has no origin: null, -1.
 */
final class KafkaStreams implements Family {
    private static final String PREFIX = "__streams.errors.";

    /** Of a record whose result could not be produced, neither key nor value is copied. */
    private static final Copies COPIES = new Copies(false, true, true);

    @Override
    public String title() {
        return "Kafka Streams";
    }

    @Override
    public List<Row> rows() {
        return List.of(
                Row.first(PREFIX + "exception", Field.EXCEPTION, Encoding.TEXT),
                Row.first(PREFIX + "message", Field.MESSAGE, Encoding.TEXT),
                Row.first(PREFIX + "stacktrace", Field.STACKTRACE, Encoding.TEXT),
                Row.second(PREFIX + "topic", Field.TOPIC, Encoding.TEXT),
                Row.second(PREFIX + "partition", Field.PARTITION, Encoding.INT),
                Row.second(PREFIX + "offset", Field.OFFSET, Encoding.LONG));
    }

    @Override
    public String prefix() {
        return PREFIX;
    }

    @Override
    public Copies copies(Set<Field> reported) {
        return COPIES;
    }
}
