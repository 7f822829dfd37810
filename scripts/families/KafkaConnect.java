package families;

import java.util.List;
import java.util.Set;

/**
 * Kafka Connect: a sink with {@code errors.deadletterqueue.context.headers.enable}. An exception without a message
 * gives a header without a value.
 */
final class KafkaConnect implements Family {
    private static final String PREFIX = "__connect.errors.";
    private static final Copies COPIES = new Copies(true, true, true);

    @Override
    public String title() {
        return "Kafka Connect";
    }

    @Override
    public List<Row> rows() {
        return List.of(
                Row.first(PREFIX + "topic", Field.TOPIC, Encoding.TEXT),
                Row.first(PREFIX + "partition", Field.PARTITION, Encoding.INT),
                Row.first(PREFIX + "offset", Field.OFFSET, Encoding.LONG),
                Row.second(PREFIX + "connector.name", Field.CONNECTOR, Encoding.TEXT),
                Row.second(PREFIX + "task.id", Field.TASK, Encoding.INT),
                Row.second(PREFIX + "stage", Field.STAGE, Encoding.TEXT),
                Row.second(PREFIX + "class.name", Field.EXECUTING_CLASS, Encoding.TEXT),
                Row.second(PREFIX + "exception.class.name", Field.EXCEPTION, Encoding.TEXT),
                Row.second(PREFIX + "exception.message", Field.MESSAGE, Encoding.TEXT),
                Row.second(PREFIX + "exception.stacktrace", Field.STACKTRACE, Encoding.TEXT));
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
