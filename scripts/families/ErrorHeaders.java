package families;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.record.TimestampType;

/**
 * Reads the error headers of dead letters. The name of a header decides how its value is read, never the bytes: "1234"
 * is four bytes, and so is a binary number. What cannot be read (a wrong length, not a number, no value at all) is not
 * reported: reading a dead letter never throws.
 *
 * <p>Each family writes its headers in two steps: the origin, then the exception, or the other way round. A record that
 * fails there again gets a second run of both, after the first; where a header of the first step follows one of the
 * second, the next failure begins. Only SmallRye puts the new run before all other headers.
 *
 * <p>A record that failed in several families has its failures in the order of their headers. SmallRye's are assumed to
 * be the first: it writes at the front and the others at the end, so that positions do not show which was earlier.
 */
public final class ErrorHeaders {
    private static final List<Family> FAMILIES =
            List.of(new ShareGroup(), new KafkaConnect(), new KafkaStreams(), new SpringKafka(), new SmallRye());
    private static final List<String> PREFIXES =
            FAMILIES.stream().map(Family::prefix).filter(Objects::nonNull).toList();
    private static final Map<String, Known> KNOWN = new HashMap<>();

    /** A header that is known by its name. */
    private record Known(Family family, Row row) {
    }

    static {
        FAMILIES.forEach(family -> family.rows().forEach(row -> KNOWN.put(row.name(), new Known(family, row))));
    }

    private ErrorHeaders() {
    }

    /** All failures of a dead letter's record, the first one first; none if there are no error headers. */
    public static List<ReportedFailure> failures(Headers headers) {
        List<Run> runs = new ArrayList<>();
        Map<Family, Run> latest = new HashMap<>();
        for (Header header : headers) {
            Known known = KNOWN.get(header.key());
            if (known == null || !known.row.reports()) {
                continue;
            }
            Run run = latest.get(known.family);
            if (run == null || known.row.step() < run.step) {
                run = new Run(known.family);
                runs.add(known.family.writesInFront() ? 0 : runs.size(), run);
                latest.put(known.family, run);
            }
            run.step = known.row.step();
            Object value = known.row.encoding().read(header.value());
            if (value != null) {
                run.reported.put(known.row.field(), value);
            }
        }
        joinRunsOfOneFailure(runs);
        return runs.stream().map(Run::failure).toList();
    }

    private static void joinRunsOfOneFailure(List<Run> runs) {
        for (int i = runs.size() - 1; i > 0; i--) {
            Run run = runs.get(i - 1);
            Run next = runs.get(i);
            if (run.family == next.family
                    && run.family.isOneFailure(run.reported.keySet(), next.reported.keySet())) {
                run.reported.putAll(next.reported);
                runs.remove(i);
            }
        }
    }

    /** Whether a header belongs to a failure, and so not to the record. */
    public static boolean isErrorHeader(String name) {
        return KNOWN.containsKey(name) || PREFIXES.stream().anyMatch(name::startsWith);
    }

    /** Whether it is an error header that {@link #failures} do not report. */
    public static boolean isUnreported(Header header) {
        Known known = KNOWN.get(header.key());
        return known == null ? isErrorHeader(header.key())
                : !known.row.reports() || known.row.encoding().read(header.value()) == null;
    }

    /**
     * A header's value for people: the binary numbers and times of error headers as text, UTF-8 as it is, other bytes
     * in hex, null as "(null)". It may hold anything: escape it before a terminal prints it.
     */
    public static String readable(Header header) {
        byte[] value = header.value();
        if (value == null) {
            return "(null)";
        }
        Known known = KNOWN.get(header.key());
        Object read = known == null || !known.row.encoding().binary() ? null : known.row.encoding().read(value);
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
     * The timestamp that the record had before its first failure: known if a header reports it, or if every family
     * since then copied it; else null.
     */
    public static Instant originalTimestamp(ConsumerRecord<?, ?> letter) {
        Instant timestamp = letter.timestampType() == TimestampType.CREATE_TIME
                ? Instant.ofEpochMilli(letter.timestamp()) : null;
        for (ReportedFailure failure : failures(letter.headers()).reversed()) {
            if (failure.timestamp() != null) {
                timestamp = failure.timestamp();
            } else if (!failure.copies().timestamp()) {
                timestamp = null;
            }
        }
        return timestamp;
    }

    /** What a family wrote at one failure. */
    private static final class Run {
        private final Family family;
        private final Map<Field, Object> reported = new EnumMap<>(Field.class);
        private int step = 1;

        Run(Family family) {
            this.family = family;
        }

        ReportedFailure failure() {
            Integer next = (Integer) reported.get(Field.NEXT_ATTEMPT);
            return new ReportedFailure(family.title(), (String) reported.get(Field.TOPIC),
                    (Integer) reported.get(Field.PARTITION), (Long) reported.get(Field.OFFSET),
                    (Instant) reported.get(Field.TIMESTAMP), (String) reported.get(Field.TIMESTAMP_TYPE),
                    (String) reported.get(Field.GROUP),
                    next == null ? (Integer) reported.get(Field.ATTEMPTS) : (Integer) Math.max(0, next - 1),
                    (String) reported.get(Field.EXCEPTION), (String) reported.get(Field.CAUSE),
                    (String) reported.get(Field.MESSAGE), (String) reported.get(Field.STACKTRACE),
                    (Long) reported.get(Field.VALUE_OMITTED), (String) reported.get(Field.CONNECTOR),
                    (Integer) reported.get(Field.TASK), (String) reported.get(Field.STAGE),
                    (String) reported.get(Field.EXECUTING_CLASS), family.copies(reported.keySet()));
        }
    }
}
