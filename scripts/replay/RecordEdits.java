package replay;

import cli.Failure;
import dlq.Letter;
import families.ErrorHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import messages.DeadLetter;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What is sent: the record as it was before it failed, with the count of its replays and the changes asked for. */
@Command(optionListHeading = "What to change:%n")
public final class RecordEdits {
    @Option(names = "--set", paramLabel = "POINTER=VALUE", converter = JsonEdit.Converter.class,
            description = "Put a value into the JSON: /customer_id=customer123 (JSON pointer, RFC 6901).")
    private List<JsonEdit> edits = List.of();

    @Option(names = "--strip-header", paramLabel = "NAME",
            description = "Remove this header of the record.")
    private Set<String> stripped = Set.of();

    @Option(names = "--keep-error-headers", description = "Keep the error headers.")
    private boolean keepErrorHeaders;

    @Option(names = "--new-timestamp",
            description = "Send with the current time: Kafka soon deletes a record that is older than the topic's "
                    + "retention.")
    private boolean newTimestamp;

    /**
     * @param record    the dead letter itself, or its original
     * @param timestamp that it had before it failed; null for the one of {@code record}
     */
    ProducerRecord<byte[], byte[]> replayed(Decision decision, ConsumerRecord<byte[], byte[]> record,
            Instant timestamp, int replays) {
        long time = timestamp == null ? record.timestamp() : timestamp.toEpochMilli();
        return new ProducerRecord<>(decision.topic(), decision.partition(),
                newTimestamp || time < 0 ? null : Long.valueOf(time), // Kafka refuses a negative one
                record.key(), edited(decision.letter(), record.value()), headers(record.headers(), replays));
    }

    /** @throws Failure if the value of this dead letter cannot be edited as asked for */
    byte[] edited(Letter letter, byte[] value) {
        byte[] edited = value;
        for (JsonEdit edit : edits) {
            try {
                edited = edit.applyTo(edited);
            } catch (Failure e) {
                throw new Failure(letter.at() + " cannot be edited because " + e.getMessage()
                        + ": leave it out with --skip " + letter.at() + ", or take another --set.");
            }
        }
        return edited;
    }

    private Headers headers(Headers all, int replays) {
        Headers headers = new RecordHeaders();
        for (Header header : all) {
            if (!header.key().equals(DeadLetter.REPLAYS) && !stripped.contains(header.key())
                    && (keepErrorHeaders || !ErrorHeaders.isErrorHeader(header.key()))) {
                headers.add(header);
            }
        }
        return headers.add(DeadLetter.REPLAYS, String.valueOf(replays + 1).getBytes(StandardCharsets.UTF_8));
    }

    /** The record unchanged, with its error headers, which a fetched record does not have itself. */
    static ProducerRecord<byte[], byte[]> quarantined(Decision decision, ConsumerRecord<byte[], byte[]> record,
            Iterable<Header> more) {
        Headers headers = new RecordHeaders(record.headers());
        more.forEach(headers::add);
        return new ProducerRecord<>(decision.topic(), null, record.key(), record.value(), headers);
    }
}
