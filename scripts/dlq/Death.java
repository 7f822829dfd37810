package dlq;

import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How a record died once, as the error headers of its dead letter tell. What they do not tell, or what cannot be read,
 * is null.
 *
 * @param family         who wrote them
 * @param topic          where the record was when it died, with {@code partition} and {@code offset}; for who died
 *                       again, a dead-letter or a retry topic
 * @param timestamp      the record's own, with its {@code timestampType}: CreateTime or LogAppendTime
 * @param group          the consumer group that gave it up
 * @param attempts       how often it was tried
 * @param exception      the class of what was thrown. With Spring that is ListenerExecutionFailedException for all that
 *                       a listener throws, and {@code cause} is what it threw
 * @param cause          the class of its cause; with Spring, of the exception itself if it has none
 * @param connector      of Kafka Connect: the connector's name, the number of its {@code task}, the {@code stage} it
 *                       failed in (such as VALUE_CONVERTER) and the {@code executingClass} of that stage
 */
public record Death(Family family, String topic, Integer partition, Long offset, Instant timestamp,
        String timestampType, String group, Integer attempts, String exception, String cause, String message,
        String stacktrace, String connector, Integer task, String stage, String executingClass) {

    /** Who writes dead letters, each in a way of its own. */
    public enum Family {
        SHARE_GROUP("share group", false),
        SPRING("Spring Kafka", false),
        CONNECT("Kafka Connect", true),
        STREAMS("Kafka Streams", true),
        SMALLRYE("SmallRye", false);

        private final String name;

        /** Whether its dead letters have the timestamp of what died, and not the time of its death. */
        final boolean keepsTimestamp;

        Family(String name, boolean keepsTimestamp) {
            this.name = name;
            this.keepsTimestamp = keepsTimestamp;
        }

        /** Its name for people. */
        @Override
        public String toString() {
            return name;
        }
    }

    /** What is told, by the names above in snake_case: numbers as they are, the rest as text. */
    public Map<String, Object> told() {
        Map<String, Object> told = new LinkedHashMap<>();
        for (RecordComponent component : Death.class.getRecordComponents()) {
            Object value = valueOf(component);
            if (value != null) {
                told.put(component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT),
                        value instanceof Number ? value : value.toString());
            }
        }
        return told;
    }

    private Object valueOf(RecordComponent component) {
        try {
            return component.getAccessor().invoke(this);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e); // they are public
        }
    }
}
