package history;

import history.Event.Fate;
import history.Event.Outcome;
import history.Event.Record;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds what is wrong in a history. A pure function: it sees no Kafka, no clock and no order. */
public final class Checker {
    private static final int MOST_NAMED = 5;

    private Checker() {
    }

    /**
     * What is wrong and not allowed, in the order of {@link Anomaly.Kind}.
     *
     * @throws IllegalArgumentException if these two can prove nothing: an answer without an attempt, a final read that
     *         came too early
     */
    public static List<Anomaly> check(History history, FinalRead read, Allowed allowed) {
        return anomalies(history, read, allowed).filter(anomaly -> !allowed.allows(anomaly, history)).toList();
    }

    /** What is wrong, allowed or not. */
    public static Stream<Anomaly> anomalies(History history, FinalRead read, Allowed allowed) {
        Facts facts = new Facts(history, read);
        WriteRules writes = new WriteRules(facts);
        FateRules fates = new FateRules(facts);
        return Arrays.stream(Anomaly.Kind.values()).flatMap(kind -> switch (kind) {
            case LOST -> writes.lost();
            case MOVED -> writes.moved();
            case REFUSED_BUT_WRITTEN -> writes.refusedButWritten();
            case DUPLICATED -> writes.duplicated();
            case PHANTOM -> writes.phantom();
            case NO_FATE -> fates.noFate();
            case TWICE -> fates.twice();
            case WRONG_ORDER -> fates.wrongOrder();
            case ALTERED -> fates.altered();
            case AHEAD -> fates.ahead();
            case SKIPPED -> fates.skipped();
            case TORN -> writes.torn();
            case STALLED -> fates.stalled(allowed);
        });
    }

    // --- words ----------------------------------------------------------------------------------------------------

    static String name(Fate fate) {
        return fate instanceof Outcome ? "an outcome" : "a dead letter";
    }

    static String places(Collection<? extends Event> events) {
        return list(events.stream().map(event -> switch (event) {
            case Record record -> record.place();
            case Fate fate -> fate.place();
            default -> throw new IllegalArgumentException(event.toString());
        }).toList());
    }

    static String list(Collection<?> all) {
        String first = all.stream().limit(MOST_NAMED).map(Object::toString).collect(Collectors.joining(", "));
        return all.size() > MOST_NAMED ? first + " and " + (all.size() - MOST_NAMED) + " more" : first;
    }
}
