package families;

import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How a record failed once, as the error headers of its dead letter report it. What they do not report, or what cannot
 * be read, is null.
 *
 * @param family         the name of the library that wrote them
 * @param topic          where the record was when it failed, with {@code partition} and {@code offset}; if it failed
 *                       again, that is a dead-letter or a retry topic
 * @param timestamp      the record's own, with its {@code timestampType}: CreateTime or LogAppendTime
 * @param group          the consumer group in which it failed
 * @param attempts       how often it was tried
 * @param exception      the class of what was thrown. With Spring that is ListenerExecutionFailedException for all that
 *                       a listener throws, and {@code cause} is what it threw
 * @param cause          the class of its cause; with Spring, of the exception itself if it has none
 * @param valueOmitted   how many bytes the record's value has, if the dead letter was written without it
 * @param connector      of Kafka Connect: the connector's name, the number of its {@code task}, the {@code stage} it
 *                       failed in (such as VALUE_CONVERTER) and the {@code executingClass} of that stage
 * @param copies         what the dead letter has of the record; not null
 */
public record ReportedFailure(String family, String topic, Integer partition, Long offset, Instant timestamp,
        String timestampType, String group, Integer attempts, String exception, String cause, String message,
        String stacktrace, Long valueOmitted, String connector, Integer task, String stage, String executingClass,
        Copies copies) {

    /** All that the headers report, by the names above in snake_case: numbers as they are, the rest as text. */
    public Map<String, Object> described() {
        Map<String, Object> described = new LinkedHashMap<>();
        for (RecordComponent component : ReportedFailure.class.getRecordComponents()) {
            Object value = valueOf(component);
            if (value != null && component.getType() != Copies.class) {
                described.put(component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT),
                        value instanceof Number ? value : value.toString());
            }
        }
        return described;
    }

    private Object valueOf(RecordComponent component) {
        try {
            return component.getAccessor().invoke(this);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e); // they are public
        }
    }
}
