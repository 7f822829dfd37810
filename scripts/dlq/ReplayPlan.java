package dlq;

import cli.Printable;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a replay would do: how many dead letters go where, by reason, and how many stay. */
public final class ReplayPlan {
    private static final int REASONS = 5;

    /** What is to be done with a dead letter; that its original is gone shows only when it is fetched. */
    public enum Action {
        REPLAYED, QUARANTINED, NO_ORIGIN, NOT_COPIED, SKIPPED, GONE;

        /** Whether it is sent, wherever to. */
        public boolean sends() {
            return this == REPLAYED || this == QUARANTINED;
        }
    }

    private final Map<Action, Long> counts = new EnumMap<>(Action.class);
    private final Map<String, Map<String, long[]>> reasonsByTarget = new TreeMap<>();
    private final Map<String, Integer> highestPartitions = new HashMap<>();

    /**
     * @param target    the topic that it is to be sent to, if it is to be replayed
     * @param partition that, too; null if it follows from the key
     */
    public void add(Letter letter, Action action, String target, Integer partition) {
        counts.merge(action, 1L, Long::sum);
        if (action == Action.REPLAYED) {
            Tally.count(reasonsByTarget.computeIfAbsent(target, t -> new HashMap<>()),
                    Tally.cut(letter.exception()) + ": " + Tally.folded(letter.reason()));
            if (partition != null) {
                highestPartitions.merge(target, partition, Math::max);
            }
        }
    }

    public long count(Action action) {
        return counts.getOrDefault(action, 0L);
    }

    /** How many are to be sent, wherever to. */
    public long toSend() {
        return count(Action.REPLAYED) + count(Action.QUARANTINED);
    }

    /** The topics to replay to. */
    public Set<String> targets() {
        return reasonsByTarget.keySet();
    }

    /** Which partition a topic has to have, where the origin's are asked for. */
    public Map<String, Integer> highestPartitions() {
        return highestPartitions;
    }

    /** @param would "replaying", or "would replay" */
    public void print(PrintWriter out, String would, String topic, String quarantine, int maxReplays) {
        long replayed = count(Action.REPLAYED);
        out.println(replayed == 0 ? "nothing to replay in " + topic : would + " " + replayed + " of " + topic);
        reasonsByTarget.forEach((target, reasons) -> print(out, target, reasons));
        print(out, Action.QUARANTINED, " to " + quarantine + ": replayed " + maxReplays + " times before");
        print(out, Action.NO_ORIGIN, " stay: their headers tell no origin (--without-origin --to TOPIC sends them)");
        print(out, Action.NOT_COPIED, " stay: key and value were not copied (--not-copied --fetch-original takes them "
                + "from the origin)");
        print(out, Action.SKIPPED, " left out, as --skip says");
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
