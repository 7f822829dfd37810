package dlq;

import cli.ExitCode;
import cli.Failure;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupAuthorizationException;

/**
 * How far a replay got: offsets in the dead-letter topic that are committed for a group, each with a digest of what it
 * is the progress of, as it says nothing of another filter. No run takes it back behind where it began.
 */
public final class ReplayProgress {
    private final String digest;
    private final String group;
    private final Map<TopicPartition, Long> committed = new HashMap<>();

    /**
     * @param group null for a name made of the rest
     * @param what  all that the progress depends on
     */
    public ReplayProgress(String group, String topic, String what) {
        digest = UUID.nameUUIDFromBytes(what.getBytes(StandardCharsets.UTF_8)).toString().substring(0, 8);
        this.group = group == null ? "dlq-inspector." + topic + "." + digest : group;
    }

    public String group() {
        return group;
    }

    /**
     * From where on to read the partitions that are assigned: what was committed, and the beginning where nothing was.
     *
     * @param fromBeginning the beginning everywhere
     * @throws GroupAuthorizationException if this user may not know
     * @throws Failure                     if the group has the progress of another replay
     */
    public Map<TopicPartition, Long> start(Consumer<?, ?> consumer, boolean fromBeginning) {
        Map<TopicPartition, Long> start = new HashMap<>(consumer.beginningOffsets(consumer.assignment()));
        consumer.committed(consumer.assignment()).forEach((partition, known) -> {
            if (known != null && isOfThisReplay(known, fromBeginning)) {
                committed.put(partition, known.offset());
                start.merge(partition, fromBeginning ? 0 : known.offset(), Math::max);
            }
        });
        return start;
    }

    /** Progress without a digest was set by hand. */
    private boolean isOfThisReplay(OffsetAndMetadata known, boolean fromBeginning) {
        boolean same = known.metadata().isEmpty() || known.metadata().equals(digest);
        if (!same && !fromBeginning) {
            throw new Failure(ExitCode.USAGE, "The group " + group + " has the progress of a replay with another filter, "
                    + "--to or --fetch-original, which says nothing of this one: take another --group, or "
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
