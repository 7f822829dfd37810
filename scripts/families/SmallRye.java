package families;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * SmallRye, which Quarkus uses: the strategies dead-letter-queue and delayed-retry-topic. These names only; any other
 * that begins with dead-letter- is the record's own.
 */
final class SmallRye implements Family {
    private static final List<String> PREFIXES = List.of("dead-letter-", "delayed-retry-");
    private static final Copies COPIES = new Copies(true, true, false);

    @Override
    public String title() {
        return "SmallRye";
    }

    @Override
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (String prefix : PREFIXES) {
            rows.add(Row.first(prefix + "exception-class-name", Field.EXCEPTION, Encoding.TEXT));
            rows.add(Row.first(prefix + "reason", Field.MESSAGE, Encoding.TEXT));
            rows.add(Row.first(prefix + "cause-class-name", Field.CAUSE, Encoding.TEXT));
            rows.add(Row.beside(prefix + "cause", Encoding.TEXT)); // the cause's message
            rows.add(Row.second(prefix + "topic", Field.TOPIC, Encoding.TEXT));
            rows.add(Row.second(prefix + "partition", Field.PARTITION, Encoding.INT));
            rows.add(Row.second(prefix + "offset", Field.OFFSET, Encoding.LONG));
        }
        rows.add(Row.second("delayed-retry-original-timestamp", Field.TIMESTAMP, Encoding.MILLIS));
        for (String name : List.of("delayed-retry-count", "delayed-retry-first-processing-timestamp",
                "deserialization-failure-reason", "deserialization-failure-cause", "deserialization-failure-topic",
                "deserialization-failure-deserializer", "deserialization-failure-key", "deserialization-failure-dlq",
                "deserialization-failure-data", "deserialization-failure-key-data",
                "deserialization-failure-value-data")) {
            rows.add(Row.beside(name, Encoding.TEXT));
        }
        return rows;
    }

    @Override
    public Copies copies(Set<Field> reported) {
        return COPIES;
    }

    @Override
    public boolean writesInFront() {
        return true;
    }
}
