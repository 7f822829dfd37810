package dlq;

import dlq.Death.Family;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import messages.DeadLetter;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.record.TimestampType;

/**
 * The error headers of dead letters, whoever wrote them. The table below is all that there is to know of each family; a
 * value is read as the header's name has it, never by its looks: "1234" is four bytes, and so is a binary number.
 *
 * <p>What cannot be read (no number, a wrong length, no value at all) is not told: nothing in a dead letter throws.
 *
 * <p>Each family writes its headers in two steps: the origin, then the exception, or the other way round. Who dies
 * there again gets a second run of both, behind the first; where a header of the first step follows one of the second,
 * the next death begins. SmallRye alone puts the new run in front of all that was there.
 *
 * <p>A record that died in several families has its deaths in the order of their headers. SmallRye's are taken to be
 * the first ones: it writes in front and the others write behind, so that no place tells which of them was earlier.
 *
 * <p>Share groups copy key and value only where the group's {@code errors.deadletterqueue.copy.record.enable} is set
 * (by default it is not), and never headers or timestamp. No header tells whether they did: key and value are null
 * then, as of a record that had neither. The original is where its origin says, for as long as that topic keeps it.
 */
public final class ErrorHeaders {
    private static final Map<String, Meaning> TABLE = new HashMap<>();

    /** All that begins so is Kafka's, whether we know it or not. */
    private static final List<String> PREFIXES = List.of(DeadLetter.PREFIX, "__connect.errors.", "__streams.errors.");

    static {
        // Kafka's share groups (KIP-1191, from 4.4 on; the first six) and this project's OrderConsumer. One death at
        // most: a share group copies no headers, and OrderConsumer takes the old ones off.
        Rows rows = new Rows(Family.SHARE_GROUP);
        rows.add(DeadLetter.TOPIC, Field.TOPIC, Encoding.TEXT);
        rows.add(DeadLetter.PARTITION, Field.PARTITION, Encoding.INT);
        rows.add(DeadLetter.OFFSET, Field.OFFSET, Encoding.LONG);
        rows.add(DeadLetter.GROUP, Field.GROUP, Encoding.TEXT);
        rows.add(DeadLetter.DELIVERY_COUNT, Field.ATTEMPTS, Encoding.INT);
        rows.add(DeadLetter.MESSAGE, Field.MESSAGE, Encoding.TEXT);
        rows.add(DeadLetter.EXCEPTION, Field.EXCEPTION, Encoding.TEXT);
        rows.add(DeadLetter.STACKTRACE, Field.STACKTRACE, Encoding.TEXT);
        rows.add(DeadLetter.TIMESTAMP, Field.TIMESTAMP, Encoding.INSTANT);

        // Kafka Connect: a sink with errors.deadletterqueue.context.headers.enable. An exception without a message
        // gives a header without a value.
        rows = new Rows(Family.CONNECT);
        rows.add("__connect.errors.topic", Field.TOPIC, Encoding.TEXT);
        rows.add("__connect.errors.partition", Field.PARTITION, Encoding.INT);
        rows.add("__connect.errors.offset", Field.OFFSET, Encoding.LONG);
        rows.secondStep();
        rows.add("__connect.errors.connector.name", Field.CONNECTOR, Encoding.TEXT);
        rows.add("__connect.errors.task.id", Field.TASK, Encoding.INT);
        rows.add("__connect.errors.stage", Field.STAGE, Encoding.TEXT);
        rows.add("__connect.errors.class.name", Field.EXECUTING_CLASS, Encoding.TEXT);
        rows.add("__connect.errors.exception.class.name", Field.EXCEPTION, Encoding.TEXT);
        rows.add("__connect.errors.exception.message", Field.MESSAGE, Encoding.TEXT);
        rows.add("__connect.errors.exception.stacktrace", Field.STACKTRACE, Encoding.TEXT);

        // Kafka Streams with errors.dead.letter.queue.topic.name (KIP-1034, from 4.2 on). What a punctuation throws has
        // no origin: null, -1.
        rows = new Rows(Family.STREAMS);
        rows.add("__streams.errors.exception", Field.EXCEPTION, Encoding.TEXT);
        rows.add("__streams.errors.message", Field.MESSAGE, Encoding.TEXT);
        rows.add("__streams.errors.stacktrace", Field.STACKTRACE, Encoding.TEXT);
        rows.secondStep();
        rows.add("__streams.errors.topic", Field.TOPIC, Encoding.TEXT);
        rows.add("__streams.errors.partition", Field.PARTITION, Encoding.INT);
        rows.add("__streams.errors.offset", Field.OFFSET, Encoding.LONG);

        // Spring Kafka's DeadLetterPublishingRecoverer ("kafka_dlt-") and its retry topics ("kafka_"). By default the
        // origin is added at each death, and the exception of the one before taken off (appendOriginalHeaders,
        // stripPreviousExceptionHeaders). Retry topics do not append: they tell the first origin and the latest
        // exception. The "key-" headers are of a key that failed to deserialize.
        rows = new Rows(Family.SPRING);
        rows.add("kafka_listenerInfo", null, Encoding.TEXT); // this and the next come with the delivery, if asked for
        rows.add("kafka_deliveryAttempt", Field.ATTEMPTS, Encoding.BINARY_INT);
        rows.add("springDeserializerExceptionKey", null, Encoding.TEXT); // in Java's serialization; with the value's,
        rows.add("springDeserializerExceptionValue", null, Encoding.TEXT); // kept by retainExceptionHeader
        for (String prefix : List.of("kafka_dlt-", "kafka_")) {
            for (String whose : List.of("key-", "")) {
                rows.add(prefix + whose + "exception-fqcn", Field.EXCEPTION, Encoding.TEXT);
                rows.add(prefix + whose + "exception-message", Field.MESSAGE, Encoding.TEXT);
                rows.add(prefix + whose + "exception-stacktrace", Field.STACKTRACE, Encoding.TEXT);
            }
            rows.add(prefix + "exception-cause-fqcn", Field.CAUSE, Encoding.TEXT);
        }
        rows.secondStep();
        for (String prefix : List.of("kafka_dlt-", "kafka_")) {
            rows.add(prefix + "original-topic", Field.TOPIC, Encoding.TEXT);
            rows.add(prefix + "original-partition", Field.PARTITION, Encoding.BINARY_INT);
            rows.add(prefix + "original-offset", Field.OFFSET, Encoding.BINARY_LONG);
            rows.add(prefix + "original-timestamp", Field.TIMESTAMP, Encoding.BINARY_MILLIS);
            rows.add(prefix + "original-timestamp-type", Field.TIMESTAMP_TYPE, Encoding.TEXT);
        }
        rows.add("kafka_dlt-original-consumer-group", Field.GROUP, Encoding.TEXT); // retry topics too
        // Added at each attempt, unless retainAllRetryHeaderValues is off. The attempt is the one that would be next.
        rows.add("retry_topic-original-timestamp", Field.TIMESTAMP, Encoding.BIG_MILLIS);
        rows.add("retry_topic-attempts", Field.NEXT_ATTEMPT, Encoding.BINARY_ATTEMPT);
        rows.add("retry_topic-backoff-timestamp", null, Encoding.BIG_MILLIS);

        // SmallRye, which Quarkus uses: the strategies dead-letter-queue and delayed-retry-topic. These names only; a
        // dead-letter-something of somebody else's is the record's own.
        rows = new Rows(Family.SMALLRYE);
        for (String prefix : List.of("dead-letter-", "delayed-retry-")) {
            rows.add(prefix + "exception-class-name", Field.EXCEPTION, Encoding.TEXT);
            rows.add(prefix + "reason", Field.MESSAGE, Encoding.TEXT);
            rows.add(prefix + "cause-class-name", Field.CAUSE, Encoding.TEXT);
            rows.add(prefix + "cause", null, Encoding.TEXT); // the cause's message
        }
        rows.secondStep();
        for (String prefix : List.of("dead-letter-", "delayed-retry-")) {
            rows.add(prefix + "topic", Field.TOPIC, Encoding.TEXT);
            rows.add(prefix + "partition", Field.PARTITION, Encoding.INT);
            rows.add(prefix + "offset", Field.OFFSET, Encoding.LONG);
        }
        rows.add("delayed-retry-original-timestamp", Field.TIMESTAMP, Encoding.MILLIS);
        for (String more : List.of("delayed-retry-count", "delayed-retry-first-processing-timestamp",
                "deserialization-failure-reason", "deserialization-failure-cause", "deserialization-failure-topic",
                "deserialization-failure-deserializer", "deserialization-failure-key", "deserialization-failure-dlq",
                "deserialization-failure-data", "deserialization-failure-key-data",
                "deserialization-failure-value-data")) {
            rows.add(more, null, Encoding.TEXT);
        }
    }

    private ErrorHeaders() {
    }

    /** All deaths of a dead letter's record, the first one first; none if there are no error headers. */
    public static List<Death> deaths(Headers headers) {
        List<Run> runs = new ArrayList<>();
        Map<Family, Run> latest = new EnumMap<>(Family.class);
        for (Header header : headers) {
            Meaning meaning = TABLE.get(header.key());
            if (meaning == null || meaning.field == null) {
                continue;
            }
            Run run = latest.get(meaning.family);
            if (run == null || meaning.step < run.step) {
                run = new Run(meaning.family);
                runs.add(meaning.family == Family.SMALLRYE ? 0 : runs.size(), run);
                latest.put(meaning.family, run);
            }
            run.step = meaning.step;
            Object value = meaning.encoding.read(header.value());
            if (value != null) {
                run.told.put(meaning.field, value);
            }
        }
        joinWhatSpringStripped(runs);
        return runs.stream().map(Run::death).toList();
    }

    /** The origin of a first death, which lost its exception, and the exception of a later one, which got no origin. */
    private static void joinWhatSpringStripped(List<Run> runs) {
        for (int i = runs.size() - 1; i > 0; i--) {
            Run origin = runs.get(i - 1);
            Run exception = runs.get(i);
            if (exception.family == Family.SPRING && !exception.told.containsKey(Field.TOPIC)
                    && origin.family == Family.SPRING && !origin.told.containsKey(Field.EXCEPTION)) {
                origin.told.putAll(exception.told);
                runs.remove(i);
            }
        }
    }

    /** Whether a header belongs to a death, and so not to the record. */
    public static boolean isErrorHeader(String name) {
        return TABLE.containsKey(name) || PREFIXES.stream().anyMatch(name::startsWith);
    }

    /** Whether it is an error header of which {@link #deaths} tell nothing. */
    static boolean isUntold(Header header) {
        Meaning meaning = TABLE.get(header.key());
        return meaning == null ? isErrorHeader(header.key())
                : meaning.field == null || meaning.encoding.read(header.value()) == null;
    }

    /**
     * A header's value for people: the binary numbers and times of error headers as text, UTF-8 as it is, other bytes
     * in hex, null as "(null)". It may hold anything: make it printable before a terminal sees it.
     */
    public static String readable(Header header) {
        byte[] value = header.value();
        if (value == null) {
            return "(null)";
        }
        Meaning meaning = TABLE.get(header.key());
        Object read = meaning == null || !meaning.encoding.binary ? null : meaning.encoding.read(value);
        if (read != null) {
            return read.toString();
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
        } catch (CharacterCodingException e) {
            return "0x" + HexFormat.of().formatHex(value);
        }
    }

    /**
     * The timestamp that the record had before its first death: where that is told, or where every family since then
     * gave its dead letter the timestamp of what died. Else null.
     */
    public static Instant originalTimestamp(ConsumerRecord<?, ?> letter) {
        Instant timestamp = letter.timestampType() == TimestampType.CREATE_TIME
                ? Instant.ofEpochMilli(letter.timestamp()) : null;
        for (Death death : deaths(letter.headers()).reversed()) {
            if (death.timestamp() != null) {
                timestamp = death.timestamp();
            } else if (!death.family().keepsTimestamp) {
                timestamp = null;
            }
        }
        return timestamp;
    }

    /** What a header can tell. */
    private enum Field {
        TOPIC, PARTITION, OFFSET, TIMESTAMP, TIMESTAMP_TYPE, GROUP, ATTEMPTS, NEXT_ATTEMPT, EXCEPTION, CAUSE, MESSAGE,
        STACKTRACE, CONNECTOR, TASK, STAGE, EXECUTING_CLASS
    }

    /** How it is written. Places, counts and times of Kafka's are never negative: -1 says that there is none. */
    private enum Encoding {
        TEXT(false, ErrorHeaders::text),
        INT(false, value -> Math.toIntExact(notNegative(Long.parseLong(text(value))))),
        LONG(false, value -> notNegative(Long.parseLong(text(value)))),
        MILLIS(false, value -> Instant.ofEpochMilli(notNegative(Long.parseLong(text(value))))),
        INSTANT(false, value -> { // ISO-8601
            Instant instant = Instant.parse(text(value));
            notNegative(instant.toEpochMilli()); // nor too far away for a long
            return instant;
        }),
        BINARY_INT(true, value -> Math.toIntExact(notNegative(bigEndian(value, 4)))),
        BINARY_LONG(true, value -> notNegative(bigEndian(value, 8))),
        BINARY_MILLIS(true, value -> Instant.ofEpochMilli(notNegative(bigEndian(value, 8)))),
        BINARY_ATTEMPT(true, value -> // it was one byte once
                value.length == 1 ? value[0] & 0xff : BINARY_INT.reader.apply(value)),
        BIG_MILLIS(true, value -> Instant.ofEpochMilli(notNegative(bigEndian(value, value.length))));

        private final boolean binary;
        private final Function<byte[], Object> reader;

        Encoding(boolean binary, Function<byte[], Object> reader) {
            this.binary = binary;
            this.reader = reader;
        }

        Object read(byte[] value) {
            try {
                return value == null ? null : reader.apply(value);
            } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
                return null; // it is not told
            }
        }
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8); // what is no UTF-8 becomes U+FFFD
    }

    private static long bigEndian(byte[] value, int length) {
        if (value.length != length) {
            throw new IllegalArgumentException(value.length + " bytes instead of " + length);
        }
        return new BigInteger(value).longValueExact();
    }

    private static long notNegative(long number) {
        if (number < 0) {
            throw new IllegalArgumentException(number + " is negative");
        }
        return number;
    }

    /** What a header's name means: who writes it, in which of its family's two steps, what it tells, and how. */
    private record Meaning(Family family, int step, Field field, Encoding encoding) {
    }

    /** The rows of a family in the table, those of the first step before those of the second. */
    private static final class Rows {
        private final Family family;
        private int step = 1;

        Rows(Family family) {
            this.family = family;
        }

        void secondStep() {
            step = 2;
        }

        void add(String name, Field field, Encoding encoding) {
            TABLE.put(name, new Meaning(family, step, field, encoding));
        }
    }

    /** What a family wrote at one death. */
    private static final class Run {
        private final Family family;
        private final Map<Field, Object> told = new EnumMap<>(Field.class);
        private int step = 1;

        Run(Family family) {
            this.family = family;
        }

        Death death() {
            Integer due = (Integer) told.get(Field.NEXT_ATTEMPT);
            return new Death(family, (String) told.get(Field.TOPIC), (Integer) told.get(Field.PARTITION),
                    (Long) told.get(Field.OFFSET), (Instant) told.get(Field.TIMESTAMP),
                    (String) told.get(Field.TIMESTAMP_TYPE), (String) told.get(Field.GROUP),
                    due == null ? (Integer) told.get(Field.ATTEMPTS) : (Integer) Math.max(0, due - 1),
                    (String) told.get(Field.EXCEPTION), (String) told.get(Field.CAUSE),
                    (String) told.get(Field.MESSAGE), (String) told.get(Field.STACKTRACE),
                    (String) told.get(Field.CONNECTOR), (Integer) told.get(Field.TASK),
                    (String) told.get(Field.STAGE), (String) told.get(Field.EXECUTING_CLASS));
        }
    }
}
