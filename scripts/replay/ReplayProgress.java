package replay;

import cli.ExitCode;
import cli.Failure;
import dlq.OffsetRange;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupAuthorizationException;

/**
 * How far a replay got: offsets in the dead-letter topic that are committed for a group, each with a digest of the
 * replay that it belongs to, as it is not valid for another filter. No run sets it back.
 */
public final class ReplayProgress {
    private final String topic;
    private final ReplayOptions options;
    private final String digest;
    private final String group;
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private String note;

    public ReplayProgress(String topic, ReplayOptions options) {
        this.topic = topic;
        this.options = options;
        digest = UUID.nameUUIDFromBytes(options.progressKey().getBytes(StandardCharsets.UTF_8)).toString()
                .substring(0, 8);
        group = options.group() == null ? "dlq-inspector." + topic + "." + digest : options.group();
    }

    public String group() {
        return group;
    }

    /**
     * Assigns the partitions to read, and finds out from where: from what was committed, and from the beginning where
     * nothing was.
     *
     * @return from there to the present end
     * @throws GroupAuthorizationException if this user may not see it, and records are to be sent
     * @throws Failure                     if the group has the progress of another replay
     */
    public OffsetRange open(Consumer<?, ?> consumer) {
        consumer.assign(options.filter().partitions(consumer.partitionsFor(topic).stream()
                .map(p -> new TopicPartition(topic, p.partition())).toList()));
        Map<TopicPartition, Long> beginning = consumer.beginningOffsets(consumer.assignment());
        Map<TopicPartition, Long> start = new HashMap<>(beginning);
        try {
            consumer.committed(consumer.assignment()).forEach((partition, known) -> {
                if (known != null && isOfThisReplay(known)) {
                    committed.put(partition, known.offset());
                    start.merge(partition, options.fromBeginning() ? 0 : known.offset(), Math::max);
                }
            });
            note = new OffsetRange(beginning, start).size() == 0 ? null
                    : "  earlier ones were replayed already (--from-beginning replays them again)";
        } catch (GroupAuthorizationException e) {
            if (options.execute()) {
                throw e;
            }
            note = "  it is not known what was replayed already: this user may not see the group " + group;
        }
        return new OffsetRange(start, consumer.endOffsets(consumer.assignment()));
    }

    /** What the user has to know of earlier runs, if there is anything. */
    public Optional<String> note() {
        return Optional.ofNullable(note);
    }

    /** Progress without a digest was set by hand. */
    private boolean isOfThisReplay(OffsetAndMetadata known) {
        boolean same = known.metadata().isEmpty() || known.metadata().equals(digest);
        if (!same && !options.fromBeginning()) {
            throw new Failure(ExitCode.USAGE, "The group " + group + " has the progress of a replay with another "
                    + "filter, --to or --fetch-original, which does not apply to this one: give another --group, or "
                    + "--from-beginning.");
        }
        return same;
    }

    /** What to commit once everything before a position is done. */
    public Map<TopicPartition, OffsetAndMetadata> at(Map<TopicPartition, Long> position) {
        return position.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, at -> new OffsetAndMetadata(
                Math.max(at.getValue(), committed.getOrDefault(at.getKey(), 0L)), digest)));
    }
}
