package story;

import history.Anomaly;
import history.Anomaly.Kind;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What is known of one of the two systems at the end of its story.
 *
 * @param summary   what it did, in a few words
 * @param anomalies what is wrong, and not allowed
 * @param bites     what the fault was seen to do; if nothing, a system without anomalies proves nothing
 * @param cutShort  why its story did not come to its end, with the last lines of all logs; null if it did
 */
public record Verdict(String summary, List<Anomaly> anomalies, Set<String> bites, String cutShort) {
    /** Three of them, as a run may prove nothing. */
    public enum Result { AS_EXPECTED, NOT_AS_EXPECTED, INCONCLUSIVE }

    /** Of a system whose story came to its end. */
    public Verdict(String summary, List<Anomaly> anomalies, Set<String> bites) {
        this(summary, anomalies, bites, null);
    }

    /** Of one whose story did not, and of which nothing else is known. */
    static Verdict cutShort(String why) {
        return new Verdict(why.lines().findFirst().orElse(""), List.of(), Set.of(), why);
    }

    /** Of the system as built: it holds if nothing is wrong, though the fault bit. */
    public Result asBuilt() {
        if (!anomalies.isEmpty()) {
            return Result.NOT_AS_EXPECTED;
        }
        return provesNothing() ? Result.INCONCLUSIVE : Result.AS_EXPECTED;
    }

    /**
     * Of the system without the guarantee: the anomaly has to be there, and no other.
     *
     * @param besides what may be there, too
     */
    public Result broken(Kind expected, Set<Kind> besides) {
        Set<Kind> seen = new TreeSet<>(kinds().keySet());
        seen.removeAll(besides);
        if (cutShort != null ? Set.of(expected).containsAll(seen) : anomalies.isEmpty() && bites.isEmpty()) {
            return Result.INCONCLUSIVE;
        }
        return seen.equals(Set.of(expected)) ? Result.AS_EXPECTED : Result.NOT_AS_EXPECTED;
    }

    private boolean provesNothing() {
        return bites.isEmpty() || cutShort != null;
    }

    /** Why it proves nothing, if it is inconclusive. */
    public String reason() {
        return cutShort == null ? "the fault did not bite" : cutShort.lines().findFirst().orElse("");
    }

    /** How many anomalies of each kind there are. */
    public Map<Kind, Long> kinds() {
        return anomalies.stream().collect(Collectors.groupingBy(Anomaly::kind, TreeMap::new, Collectors.counting()));
    }

    @Override
    public String toString() {
        return summary + ", " + (anomalies.isEmpty() ? "no anomaly" : kinds().toString()) + ", the fault "
                + (bites.isEmpty() ? "did not bite" : "bit: " + String.join("; ", bites))
                + (cutShort == null ? "" : "; cut short: " + cutShort);
    }
}
