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
 */
public record Verdict(String summary, List<Anomaly> anomalies, Set<String> bites) {
    /** Three of them, as a run may prove nothing. */
    public enum Result { AS_EXPECTED, NOT_AS_EXPECTED, INCONCLUSIVE }

    /** Of the system as built: it holds if nothing is wrong, though the fault bit. */
    public Result asBuilt() {
        if (!anomalies.isEmpty()) {
            return Result.NOT_AS_EXPECTED;
        }
        return bites.isEmpty() ? Result.INCONCLUSIVE : Result.AS_EXPECTED;
    }

    /**
     * Of the system without the guarantee: the anomaly has to be there, and no other.
     *
     * @param besides what may be there, too
     */
    public Result broken(Kind expected, Set<Kind> besides) {
        if (anomalies.isEmpty()) {
            return bites.isEmpty() ? Result.INCONCLUSIVE : Result.NOT_AS_EXPECTED;
        }
        Set<Kind> seen = new TreeSet<>(kinds().keySet());
        seen.removeAll(besides);
        return seen.equals(Set.of(expected)) ? Result.AS_EXPECTED : Result.NOT_AS_EXPECTED;
    }

    /** How many anomalies of each kind there are. */
    public Map<Kind, Long> kinds() {
        return anomalies.stream().collect(Collectors.groupingBy(Anomaly::kind, TreeMap::new, Collectors.counting()));
    }

    @Override
    public String toString() {
        return summary + ", " + (anomalies.isEmpty() ? "no anomaly" : kinds().toString()) + ", the fault "
                + (bites.isEmpty() ? "did not bite" : "bit: " + String.join("; ", bites));
    }
}
