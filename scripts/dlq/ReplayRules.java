package dlq;

import cli.ExitCode;
import cli.Failure;
import dlq.ReplayPlan.Action;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import messages.DeadLetter;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What becomes of a dead letter that is replayed: whether it goes, where to, and as what. It goes as the record that it
 * was before it died, with the count of its replays in a header; once that has reached its bound, to the quarantine.
 */
@Command(optionListHeading = "What to do with them:%n")
public final class ReplayRules {
    private static final Pattern PLACE = Pattern.compile("(0|[1-9]\\d{0,8}):(0|[1-9]\\d{0,17})");

    @Option(names = "--skip", paramLabel = "P:O",
            description = "Leave out this one, such as 0:3. May be given several times.")
    private Set<String> skipped = Set.of();

    @Option(names = "--to", paramLabel = "TOPIC", description = "Send all to this topic, not to their origins.")
    private String to;

    @Option(names = "--partition", defaultValue = "key", paramLabel = "key|original",
            description = "Which partition to send to: the key's, or that of the origin "
                    + "(default: ${DEFAULT-VALUE}).")
    private Placement placement;

    enum Placement { key, original }

    @Option(names = "--set", paramLabel = "POINTER=VALUE", converter = Edit.Converter.class,
            description = "Put a value into the JSON: /customer_id=customer123 (JSON pointer, RFC 6901).")
    private List<Edit> edits = List.of();

    @Option(names = "--strip-header", paramLabel = "NAME",
            description = "Leave off this header of the record's own.")
    private Set<String> stripped = Set.of();

    @Option(names = "--keep-error-headers", description = "Leave the error headers on.")
    private boolean keepErrorHeaders;

    @Option(names = "--new-timestamp",
            description = "Send with the time of now: what is older than the topic's retention would soon be gone.")
    private boolean newTimestamp;

    @Option(names = "--fetch-original",
            description = "Where key and value were not copied, take them from where the record came from.")
    private boolean fetchOriginal;

    @Option(names = "--max-replays", defaultValue = "3", paramLabel = "N",
            description = "Whoever was replayed so often and died again goes to the quarantine topic "
                    + "(default: ${DEFAULT-VALUE}).")
    private int maxReplays;

    @Option(names = "--quarantine-topic", paramLabel = "TOPIC",
            description = "The quarantine topic (default: the dead-letter topic's name and -quarantine).")
    private String quarantine;

    /** What becomes of a dead letter, with the count of its replays; no record where nothing is sent. */
    public record Outgoing(Letter letter, Action action, int replays, ProducerRecord<byte[], byte[]> record) {
    }

    /**
     * Fills in what was not given.
     *
     * @throws Failure if the options make no sense for this dead-letter topic
     */
    public void complete(String topic) {
        quarantine = quarantine == null ? topic + "-quarantine" : quarantine;
        String wrong = maxReplays < 0 ? "--max-replays has to be 0 or more."
                : topic.equals(to) ? "--to " + to + " is the dead-letter topic itself."
                : topic.equals(quarantine) ? "--quarantine-topic " + quarantine + " is the dead-letter topic itself."
                : skipped.stream().filter(place -> !PLACE.matcher(place).matches()).findFirst().map(place ->
                        "--skip " + place + " is no place in a topic: give PARTITION:OFFSET, such as 0:3.")
                        .orElse(null);
        if (wrong != null) {
            throw new Failure(ExitCode.USAGE, wrong);
        }
    }

    public String quarantine() {
        return quarantine;
    }

    public int maxReplays() {
        return maxReplays;
    }

    public boolean fetchOriginal() {
        return fetchOriginal;
    }

    /** What the progress of a replay depends on beside its filter. */
    @Override
    public String toString() {
        return to + "\n" + fetchOriginal;
    }

    /** What is to be done with it, as far as it can be told without its original. */
    public Action action(Letter letter) {
        if (skipped.contains(letter.at())) {
            return Action.SKIPPED;
        }
        if (letter.replays() >= maxReplays) {
            return Action.QUARANTINED;
        }
        return target(letter) == null ? Action.NO_ORIGIN
                : letter.copied() || fetchOriginal ? Action.REPLAYED : Action.NOT_COPIED;
    }

    /** The topic to replay it to; null if nothing tells one. */
    public String target(Letter letter) {
        return to != null ? to : letter.origin().map(Death::topic).orElse(null);
    }

    /**
     * Makes what is to be sent.
     *
     * @param originals finds what a dead letter was before it died, if it is still where it came from
     */
    public Outgoing outgoing(Letter letter, Function<Letter, Optional<ConsumerRecord<byte[], byte[]>>> originals) {
        Action action = action(letter);
        if (action == Action.QUARANTINED) {
            return new Outgoing(letter, action, letter.replays(), quarantined(letter.record(), List.of()));
        }
        if (action != Action.REPLAYED) {
            return new Outgoing(letter, action, letter.replays(), null);
        }
        if (letter.copied()) {
            return new Outgoing(letter, action, letter.replays(), again(letter, letter.record(),
                    ErrorHeaders.originalTimestamp(letter.record()), letter.replays()));
        }
        ConsumerRecord<byte[], byte[]> original = originals.apply(letter).orElse(null);
        if (original == null) {
            return new Outgoing(letter, Action.GONE, letter.replays(), null);
        }
        int replays = Math.max(letter.replays(), Letter.replays(original.headers())); // no letter, no count
        if (replays >= maxReplays) {
            return new Outgoing(letter, Action.QUARANTINED, replays,
                    quarantined(original, letter.record().headers()));
        }
        return new Outgoing(letter, action, replays, again(letter, original, null, replays));
    }

    /** The record as it was before it died, and how often it was replayed. */
    private ProducerRecord<byte[], byte[]> again(Letter letter, ConsumerRecord<byte[], byte[]> record,
            Instant told, int replays) {
        long timestamp = told == null ? record.timestamp() : told.toEpochMilli();
        return new ProducerRecord<>(target(letter), partition(letter),
                newTimestamp || timestamp < 0 ? null : Long.valueOf(timestamp), // Kafka takes no negative one
                record.key(), edited(letter, record.value()), headers(record.headers(), replays));
    }

    /** The partition to send it to; null if it follows from the key. */
    public Integer partition(Letter letter) {
        return placement == Placement.key ? null : letter.origin().map(Death::partition).orElse(null);
    }

    /** @throws Failure if it cannot be edited as it is asked for */
    public byte[] edited(Letter letter, byte[] value) {
        byte[] edited = value;
        for (Edit edit : edits) {
            try {
                edited = edit.applyTo(edited);
            } catch (Failure e) {
                throw new Failure(letter.at() + " cannot be edited, " + e.getMessage()
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
        return headers.add(DeadLetter.REPLAYS, String.valueOf(replays + 1)
                .getBytes(StandardCharsets.UTF_8));
    }

    /** With what it died of, which is beside a record that was fetched. */
    private ProducerRecord<byte[], byte[]> quarantined(ConsumerRecord<byte[], byte[]> record,
            Iterable<Header> more) {
        Headers headers = new RecordHeaders(record.headers());
        more.forEach(headers::add);
        return new ProducerRecord<>(quarantine, null, record.key(), record.value(), headers);
    }
}
