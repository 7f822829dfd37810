package dlq;

import com.fasterxml.jackson.core.JsonProcessingException;
import families.ErrorHeaders;
import families.ReportedFailure;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import messages.DeadLetter;
import messages.Json;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * A record of a dead-letter topic, and what its error headers report.
 *
 * @param failures the failures of the record, the first one first; empty if no header reports one
 */
public record Letter(ConsumerRecord<byte[], byte[]> record, List<ReportedFailure> failures) {

    public static Letter of(ConsumerRecord<byte[], byte[]> record) {
        return new Letter(record, ErrorHeaders.failures(record.headers()));
    }

    /** Its place in the dead-letter topic, as PARTITION:OFFSET. */
    public String at() {
        return record.partition() + ":" + record.offset();
    }

    /** The failure that reports where the record was before it failed for the first time. */
    public Optional<ReportedFailure> origin() {
        return failures.stream().filter(failure -> failure.topic() != null && !failure.topic().equals(record.topic()))
                .findFirst();
    }

    /** Its timestamp: when it last failed, or that of the original, if the family copies it. */
    public Instant time() {
        return Instant.ofEpochMilli(record.timestamp());
    }

    /** The class of its last failure's exception, by its simple name: of the cause, if that is reported. */
    public String exception() {
        if (failures.isEmpty()) {
            return "(unknown)";
        }
        ReportedFailure latest = failures.getLast();
        String name = latest.cause() == null ? latest.exception() : latest.cause();
        return name == null ? "(unknown)" : simple(name);
    }

    static String simple(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    /** The message of its last failure. */
    public String reason() {
        String message = failures.isEmpty() ? null : failures.getLast().message();
        return message == null ? "(unknown)" : message;
    }

    /** Whether key and value were copied: some families do not copy them, or not a value that is too large. */
    public boolean copied() {
        return valueOmitted().isEmpty() && (record.key() != null || record.value() != null || origin().isEmpty()
                || failures.stream().allMatch(failure -> failure.copies().payload()));
    }

    /** How many bytes its record's value has, if it was too large to be copied. */
    public Optional<Long> valueOmitted() {
        return record.value() != null ? Optional.empty()
                : failures.stream().map(ReportedFailure::valueOmitted).filter(Objects::nonNull).findFirst();
    }

    /**
     * Whether a record at the place of its original may be the original: if the topic was deleted and made again, it is
     * another. Without key and value this cannot be known.
     */
    boolean mayBeFrom(ConsumerRecord<byte[], byte[]> original) {
        return valueOmitted().isEmpty() || Arrays.equals(original.key(), record.key())
                && valueOmitted().get() == (original.value() == null ? -1 : original.value().length);
    }

    /** Whether the record's own headers were copied. */
    public boolean headersCopied() {
        return failures.stream().allMatch(failure -> failure.copies().headers());
    }

    /** How often it was replayed, as its own headers say. */
    public int replays() {
        return replays(record.headers());
    }

    /** The same of a record with these headers. */
    public static int replays(Headers headers) {
        String replays = DeadLetter.text(headers, DeadLetter.REPLAYS);
        return replays != null && replays.matches("\\d{1,9}") ? Integer.parseInt(replays) : 0;
    }

    /** Everything, for JSON. Bytes that are not UTF-8 are in hex, under a name that says so. */
    public Map<String, Object> described() {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("at", at());
        described.put("timestamp", Instant.ofEpochMilli(record.timestamp()).toString());
        put(described, "key", record.key());
        put(described, "value", record.value());
        described.put("failures", failures.stream().map(ReportedFailure::described).toList());
        List<Map<String, Object>> own = new ArrayList<>();
        List<Map<String, Object>> unreported = new ArrayList<>();
        for (Header header : record.headers()) {
            if (ErrorHeaders.isUnreported(header)) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("name", header.key());
                one.put("text", ErrorHeaders.readable(header));
                unreported.add(one);
            } else if (!ErrorHeaders.isErrorHeader(header.key())) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("name", header.key());
                put(one, "value", header.value());
                own.add(one);
            }
        }
        described.put("error_headers", unreported); // those that the failures do not report
        described.put("headers", own);
        return described;
    }

    private static void put(Map<String, Object> described, String name, byte[] bytes) {
        Optional<String> text = utf8(bytes);
        if (bytes == null || text.isPresent()) {
            described.put(name, text.orElse(null));
        } else {
            described.put(name + "_hex", HexFormat.of().formatHex(bytes));
        }
    }

    /** UTF-8 as it is, other bytes in hex, null as "(null)". */
    public static String text(byte[] bytes) {
        return bytes == null ? "(null)" : utf8(bytes).orElseGet(() -> "0x" + HexFormat.of().formatHex(bytes));
    }

    static Optional<String> utf8(byte[] bytes) {
        try {
            return bytes == null ? Optional.empty()
                    : Optional.of(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** A value for people: JSON indented, other text as it is, other bytes as a hex dump. */
    public static String pretty(byte[] value) {
        if (value == null) {
            return "(null)";
        }
        try {
            return Json.read(value).toPrettyString();
        } catch (JsonProcessingException e) {
            return utf8(value).filter(text -> text.chars().noneMatch(c -> c < ' ' && "\t\r\n".indexOf(c) < 0))
                    .orElseGet(() -> dump(value));
        }
    }

    private static String dump(byte[] bytes) {
        StringBuilder dump = new StringBuilder();
        for (int from = 0; from < bytes.length; from += 16) {
            int to = Math.min(bytes.length, from + 16);
            StringBuilder text = new StringBuilder();
            for (int i = from; i < to; i++) {
                text.append(bytes[i] >= ' ' && bytes[i] < 0x7f ? (char) bytes[i] : '.');
            }
            dump.append(String.format("%08x  %-47s  %s%n", from,
                    HexFormat.ofDelimiter(" ").formatHex(bytes, from, to), text));
        }
        return dump.toString().stripTrailing();
    }
}
