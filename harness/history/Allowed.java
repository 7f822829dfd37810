package history;

import history.Event.DeadLetter;
import history.Event.Fault;
import history.Event.Fault.Kind;
import history.History.Entry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What the mode allows in which a program runs: the one place where an anomaly is excused. Everything else counts.
 *
 * @param longestWait how long a record may be without a fate after the last fault or attempt: the one bound in seconds
 * @param session how long a consumer may be frozen before its partitions move
 * @param consumers the names, as in the history's faults, of the consumers that may do something TWICE after a fault
 * @param heldUp the names of operations that the story itself holds up, such as an order that hangs: never STALLED
 * @param repeats whether each fault may add a dead letter of a record that has one
 */
public record Allowed(Duration longestWait, Duration session, Set<String> consumers, Set<String> heldUp,
        boolean repeats) {
    /** Nothing: an API, or a consumer with {@code --commit transactional}. */
    public static Allowed nothing(Duration longestWait) {
        return new Allowed(longestWait, Duration.ZERO, Set.of(), Set.of(), false);
    }

    /**
     * A consumer with {@code --commit manual}, TWICE: each consumer that is thawed after it was frozen past its session
     * may add one second fate to a record (guarantee 6 needs transactions); and each that is killed, one second dead
     * letter, since a crash may come between a dead letter and the commit, and no ledger remembers dead letters.
     */
    public static Allowed manual(Duration longestWait, Duration session, Set<String> consumers) {
        return new Allowed(longestWait, session, consumers, Set.of(), false);
    }

    /** The same for a story that holds up these names. */
    public Allowed holdingUp(Set<String> names) {
        return new Allowed(longestWait, session, consumers, names, repeats);
    }

    /**
     * The same where partitions move at any time, with either way to commit, TWICE: a dead letter is written as soon as
     * it is known, and the offset stays before an earlier record that is not finished. The next owner gets the record
     * again, and no ledger remembers dead letters. So each fault may add one.
     */
    public Allowed repeatingDeadLetters() {
        return new Allowed(longestWait, session, consumers, heldUp, true);
    }

    boolean allows(Anomaly anomaly, History history) {
        return anomaly.kind() == Anomaly.Kind.TWICE && anomaly.evidence().size() - 1
                <= zombies(history) + (!areDeadLetters(anomaly) ? 0 : repeats ? faults(history) : kills(history));
    }

    /** Whether a record may be without a fate for any time. */
    boolean holdsUp(Id id) {
        return heldUp.contains(id.name());
    }

    private static boolean areDeadLetters(Anomaly anomaly) {
        return anomaly.evidence().stream().allMatch(DeadLetter.class::isInstance);
    }

    private static long faults(History history) {
        return history.events(Fault.class).filter(fault -> fault.kind() != Kind.START).count();
    }

    private long kills(History history) {
        return history.events(Fault.class)
                .filter(fault -> fault.kind() == Kind.KILL && consumers.contains(fault.target())).count();
    }

    /** How often a consumer was thawed after it was frozen past its session. */
    private long zombies(History history) {
        Map<String, Long> frozen = new HashMap<>();
        long zombies = 0;
        for (Entry entry : history.entries()) {
            if (entry.event() instanceof Fault fault && consumers.contains(fault.target())) {
                Long since = frozen.remove(fault.target());
                if (fault.kind() == Kind.FREEZE) {
                    frozen.put(fault.target(), entry.at());
                } else if (fault.kind() == Kind.THAW && since != null
                        && Duration.ofNanos(entry.at() - since).compareTo(session) > 0) {
                    zombies++;
                }
            }
        }
        return zombies;
    }
}
