package families;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Spring Kafka's DeadLetterPublishingRecoverer ({@code kafka_dlt-}) and its retry topics ({@code kafka_}). By default
 * the origin is added at each failure, and the exception of the failure before is removed (appendOriginalHeaders,
 * stripPreviousExceptionHeaders). Retry topics do not append: they report the first origin and the latest exception.
 * The {@code key-} headers are about a key that could not be deserialized.
 */
final class SpringKafka implements Family {
    private static final List<String> PREFIXES = List.of("kafka_dlt-", "kafka_");
    private static final Copies COPIES = new Copies(true, true, false);

    @Override
    public String title() {
        return "Spring Kafka";
    }

    @Override
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (String prefix : PREFIXES) {
            for (String about : List.of("key-", "")) {
                rows.add(Row.first(prefix + about + "exception-fqcn", Field.EXCEPTION, Encoding.TEXT));
                rows.add(Row.first(prefix + about + "exception-message", Field.MESSAGE, Encoding.TEXT));
                rows.add(Row.first(prefix + about + "exception-stacktrace", Field.STACKTRACE, Encoding.TEXT));
            }
            rows.add(Row.first(prefix + "exception-cause-fqcn", Field.CAUSE, Encoding.TEXT));
            rows.add(Row.second(prefix + "original-topic", Field.TOPIC, Encoding.TEXT));
            rows.add(Row.second(prefix + "original-partition", Field.PARTITION, Encoding.BINARY_INT));
            rows.add(Row.second(prefix + "original-offset", Field.OFFSET, Encoding.BINARY_LONG));
            rows.add(Row.second(prefix + "original-timestamp", Field.TIMESTAMP, Encoding.BINARY_MILLIS));
            rows.add(Row.second(prefix + "original-timestamp-type", Field.TIMESTAMP_TYPE, Encoding.TEXT));
        }
        rows.add(Row.second("kafka_dlt-original-consumer-group", Field.GROUP, Encoding.TEXT)); // retry topics too
        // part of the delivery, if the application asks for them
        rows.add(Row.first("kafka_deliveryAttempt", Field.ATTEMPTS, Encoding.BINARY_INT));
        rows.add(Row.beside("kafka_listenerInfo", Encoding.TEXT));
        // added at each attempt, unless retainAllRetryHeaderValues is off; it is the number of the next attempt
        rows.add(Row.second("retry_topic-original-timestamp", Field.TIMESTAMP, Encoding.BIG_MILLIS));
        rows.add(Row.second("retry_topic-attempts", Field.NEXT_ATTEMPT, Encoding.BINARY_ATTEMPT));
        rows.add(Row.beside("retry_topic-backoff-timestamp", Encoding.BIG_MILLIS));
        // in Java's serialization; kept by retainExceptionHeader
        rows.add(Row.beside("springDeserializerExceptionKey", Encoding.TEXT));
        rows.add(Row.beside("springDeserializerExceptionValue", Encoding.TEXT));
        return rows;
    }

    @Override
    public Copies copies(Set<Field> reported) {
        return COPIES;
    }

    /** The origin of a first failure, without its exception, and the exception of a later one, without its origin. */
    @Override
    public boolean isOneFailure(Set<Field> run, Set<Field> next) {
        return !run.contains(Field.EXCEPTION) && !next.contains(Field.TOPIC);
    }
}
