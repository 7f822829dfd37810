package messages;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * A dead letter: the failed record's own key, value and headers, byte for byte, plus error headers that say where it
 * came from and why it failed. Their names are those of Kafka's share groups (KIP-1191); values are UTF-8 text, numbers
 * too.
 *
 * <p>If that is more than the producer may send ({@code max.request.size}, which limits the size before compression),
 * the value is left out, and {@link #VALUE_OMITTED} says so: the letter then only refers to the record by topic,
 * partition and offset, and the value is lost when that topic's retention deletes it.
 */
public final class DeadLetter {
    public static final String PREFIX = "__dlq.errors.";
    public static final String TOPIC = PREFIX + "topic";
    public static final String PARTITION = PREFIX + "partition";
    public static final String OFFSET = PREFIX + "offset";
    public static final String GROUP = PREFIX + "group";
    public static final String DELIVERY_COUNT = PREFIX + "delivery.count";
    public static final String MESSAGE = PREFIX + "message";
    public static final String EXCEPTION = PREFIX + "exception";
    public static final String STACKTRACE = PREFIX + "stacktrace";
    public static final String TIMESTAMP = PREFIX + "timestamp";

    /** Only where the value was left out: how many bytes it has. */
    public static final String VALUE_OMITTED = PREFIX + "value.omitted";

    /** How often it was replayed. Not an error header: it is kept when the record fails again. */
    public static final String REPLAYS = "__dlq.replays";

    /**
     * The largest dead letter, in bytes before compression, unless the client settings give another. A record that is
     * larger than Kafka's default of 1 MB can be in a topic with that limit: the broker looks at the compressed size.
     */
    public static final int LARGEST = 8 << 20;

    private static final int COMPRESSION = 64 * 1024; // what does not shrink becomes a little larger
    private static final int BATCH = 100; // what Kafka adds to a record that is alone in its batch; less than that
    private static final int HEADER = 10; // what it adds to a header at most
    private static final int LONGEST_MESSAGE = 1_000;
    private static final int LONGEST_STACKTRACE = 8_000;

    private DeadLetter() {
    }

    /**
     * The topic of dead letters: one partition, so that they stay in the order in which they failed. The broker
     * compresses them, after it has checked their size.
     */
    public static NewTopic topic(String name) {
        return new NewTopic(name, Optional.of(1), Optional.empty()).configs(Map.of(
                TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(LARGEST + COMPRESSION),
                TopicConfig.COMPRESSION_TYPE_CONFIG, "gzip")); // every JVM reads it without a native library
    }

    /**
     * Turns a failed record into a dead letter for the topic {@code dlq}. Never throws, whatever the cause does.
     *
     * @param largest what the producer may send, in bytes: if the letter is larger, the value is left out
     */
    public static ProducerRecord<byte[], byte[]> of(ConsumerRecord<byte[], byte[]> failed, String dlq, String group,
            int deliveryCount, Exception cause, int largest) {
        Headers headers = withoutErrors(failed.headers()); // also drops those of an earlier failure
        add(headers, TOPIC, failed.topic());
        add(headers, PARTITION, String.valueOf(failed.partition()));
        add(headers, OFFSET, String.valueOf(failed.offset()));
        add(headers, GROUP, group);
        add(headers, DELIVERY_COUNT, String.valueOf(deliveryCount));
        add(headers, MESSAGE, bounded(message(cause), LONGEST_MESSAGE));
        add(headers, EXCEPTION, cause.getClass().getName());
        add(headers, STACKTRACE, bounded(stackTrace(cause), LONGEST_STACKTRACE));
        add(headers, TIMESTAMP, Instant.ofEpochMilli(failed.timestamp()).toString()); // the record's own
        if (failed.value() == null || size(failed, headers) <= largest) {
            return new ProducerRecord<>(dlq, null, failed.key(), failed.value(), headers);
        }
        add(headers, VALUE_OMITTED, String.valueOf(failed.value().length));
        return new ProducerRecord<>(dlq, null, failed.key(), null, headers);
    }

    /** No less than the producer counts. */
    private static long size(ConsumerRecord<byte[], byte[]> record, Headers headers) {
        long size = BATCH + (record.key() == null ? 0 : record.key().length) + record.value().length;
        for (Header header : headers) {
            size += HEADER + header.key().getBytes(StandardCharsets.UTF_8).length
                    + (header.value() == null ? 0 : header.value().length);
        }
        return size;
    }

    /** The record's own headers, in their order, repeated ones too. */
    public static Headers withoutErrors(Headers headers) {
        Headers own = new RecordHeaders();
        for (Header header : headers) {
            if (!header.key().startsWith(PREFIX)) {
                own.add(header);
            }
        }
        return own;
    }

    /** An error header's text, or null. */
    public static String text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    private static void add(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private static String message(Exception cause) {
        return String.valueOf(UnreadableFailure.unlessReadable(cause).getMessage());
    }

    private static String stackTrace(Exception cause) {
        StringWriter text = new StringWriter();
        try {
            cause.printStackTrace(new PrintWriter(text));
        } catch (Throwable e) { // also one of its own causes may be what throws
            text.append("… (the rest cannot be printed: that throws a ").append(e.getClass().getName()).append(")");
        }
        return text.toString();
    }

    private static String bounded(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length) + "…";
    }
}
