package dlq;

import dlq.ReplayPlan.Action;
import dlq.ReplayRules.Outgoing;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a replay did: how many dead letters went, and which stayed. */
public final class ReplayResult {
    private static final int NAMED = 10;

    private final Map<Action, Long> counts = new EnumMap<>(Action.class);
    private final List<String> gone = new ArrayList<>();

    public void add(Outgoing one) {
        counts.merge(one.action(), 1L, Long::sum);
        if (one.action() == Action.GONE) {
            gone.add(one.letter().at());
        }
    }

    public long count(Action action) {
        return counts.getOrDefault(action, 0L);
    }

    /** How many, whatever became of them. */
    public long total() {
        return counts.values().stream().mapToLong(n -> n).sum();
    }

    /** Whose originals are gone, for people. */
    public Optional<String> gone() {
        return gone.isEmpty() ? Optional.empty() : Optional.of(gone.size() + " could not be replayed, as their "
                + "originals are gone: " + gone.stream().limit(NAMED).collect(Collectors.joining(", "))
                + (gone.size() > NAMED ? ", …" : ""));
    }

    /** Which were to be replayed and were not, and what to do about it. */
    public Optional<String> left() {
        List<String> left = new ArrayList<>();
        if (count(Action.NO_ORIGIN) > 0) {
            left.add(count(Action.NO_ORIGIN) + " stay, as their headers tell no origin: --without-origin --to TOPIC "
                    + "sends them");
        }
        if (count(Action.NOT_COPIED) > 0) {
            left.add(count(Action.NOT_COPIED) + " stay, as key and value were not copied: --not-copied "
                    + "--fetch-original sends them");
        }
        gone().ifPresent(left::add);
        return left.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", left) + ".");
    }
}
