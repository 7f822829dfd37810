package replay;

import cli.Failure;
import cli.Printable;
import cluster.ClusterFailure;
import cluster.TopicAdmin;
import dlq.Tally;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.acl.AclOperation;
import replay.Decision.Action;

/** What a replay would do: how many dead letters go where, by reason, and how many are not sent. */
public final class ReplayPlan {
    private static final int REASONS = 5;

    private final Map<Action, Long> counts = new EnumMap<>(Action.class);
    private final Map<String, Map<String, long[]>> reasonsByTarget = new TreeMap<>();
    private final Map<String, Integer> highestPartitions = new HashMap<>();

    public void add(Decision decision) {
        counts.merge(decision.action(), 1L, Long::sum);
        if (decision.action() == Action.REPLAYED) {
            Tally.count(reasonsByTarget.computeIfAbsent(decision.topic(), t -> new HashMap<>()),
                    Tally.cut(decision.letter().exception()) + ": " + Tally.folded(decision.letter().reason()));
            if (decision.partition() != null) {
                highestPartitions.merge(decision.topic(), decision.partition(), Math::max);
            }
        }
    }

    public long count(Action action) {
        return counts.getOrDefault(action, 0L);
    }

    /** How many are to be sent, to any topic. */
    public long toSend() {
        return count(Action.REPLAYED) + count(Action.QUARANTINED);
    }

    /**
     * Checks that records can be sent to all topics of the plan, and creates the quarantine topic if it is needed.
     *
     * @throws Failure        if a topic lacks a partition that the plan has
     * @throws ClusterFailure if a topic is not there, or may not be written to
     */
    public void prepareTopics(TopicAdmin topics, ReplayRules rules) {
        reasonsByTarget.keySet().forEach(target -> topics.require(target, AclOperation.WRITE));
        highestPartitions.forEach((target, highest) -> {
            if (topics.partitions(target) <= highest) {
                throw new Failure("Some came from partition " + highest + ", which " + target
                        + " does not have: use --partition key.");
            }
        });
        if (count(Action.QUARANTINED) > 0) {
            topics.createMissing(rules.quarantineTopic(), AclOperation.WRITE);
        }
    }

    /** @param progress adds what it knows of earlier runs */
    public void print(PrintWriter out, String topic, ReplayOptions options, ReplayProgress progress) {
        long replayed = count(Action.REPLAYED);
        out.println(replayed == 0 ? "nothing to replay in " + topic
                : (options.execute() ? "replaying " : "would replay ") + replayed + " of " + topic);
        reasonsByTarget.forEach((target, reasons) -> print(out, target, reasons));
        print(out, Action.QUARANTINED, " to " + options.rules().quarantine() + ": replayed "
                + options.rules().maxReplays() + " times before");
        print(out, Action.NO_ORIGIN, " not replayed: their headers name no origin (--without-origin --to TOPIC sends "
                + "them)");
        print(out, Action.NOT_COPIED, " not replayed: the value was not copied (--not-copied --fetch-original "
                + "reads it from the origin)");
        print(out, Action.SKIPPED, " left out by --skip");
        progress.note().ifPresent(out::println);
        if (!options.execute()) {
            out.println("nothing was sent; add --execute to send");
        }
        out.flush();
    }

    private static void print(PrintWriter out, String target, Map<String, long[]> reasons) {
        out.println("  " + reasons.values().stream().mapToLong(n -> n[0]).sum() + " to " + Printable.of(target));
        reasons.entrySet().stream()
                .sorted((x, y) -> Long.compare(y.getValue()[0], x.getValue()[0]))
                .limit(REASONS)
                .forEach(reason -> out.println("    " + reason.getValue()[0] + " " + Printable.of(reason.getKey())));
        if (reasons.size() > REASONS) {
            out.println("    and " + (reasons.size() - REASONS) + " other reasons");
        }
    }

    private void print(PrintWriter out, Action action, String what) {
        if (count(action) > 0) {
            out.println("  " + count(action) + what);
        }
    }
}
