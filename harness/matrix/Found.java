package matrix;

import history.Anomaly;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What was found at a point.
 *
 * @param reached   whether the script came there, and was killed; if not, this says nothing else
 * @param tries     how many lives it took to get there
 * @param anomalies what is wrong
 * @param repeats   whether something was repeated that may be
 * @param stuck     why the second life did not finish; null if it did
 * @param folder    with its history and logs; they are kept if something is wrong, or it was not reached
 */
public record Found(Point point, boolean reached, int tries, List<Anomaly> anomalies, boolean repeats, String stuck,
        Path folder) {
    private static final Set<Anomaly.Kind> LOST = EnumSet.of(Anomaly.Kind.LOST, Anomaly.Kind.NO_FATE,
            Anomaly.Kind.AHEAD, Anomaly.Kind.SKIPPED, Anomaly.Kind.STALLED);
    private static final Set<Anomaly.Kind> DOUBLED = EnumSet.of(Anomaly.Kind.DUPLICATED, Anomaly.Kind.TWICE);

    /** Whether something is lost, or would have been at a crash a moment later. */
    public boolean lost() {
        return has(LOST);
    }

    public boolean doubled() {
        return has(DOUBLED);
    }

    /** Whether anything else is wrong. */
    public boolean otherwiseWrong() {
        return stuck != null || anomalies.stream()
                .anyMatch(anomaly -> !LOST.contains(anomaly.kind()) && !DOUBLED.contains(anomaly.kind()));
    }

    public boolean isWrong() {
        return stuck != null || !anomalies.isEmpty();
    }

    private boolean has(Set<Anomaly.Kind> kinds) {
        return anomalies.stream().anyMatch(anomaly -> kinds.contains(anomaly.kind()));
    }

    /** Such as before Produce#2 of order-processor-writer: NO_FATE. */
    @Override
    public String toString() {
        return point + ": " + (!reached ? "not reached in " + tries + " lives" : stuck != null ? stuck
                : isWrong() ? String.join(", ", anomalies.stream().map(one -> one.kind().name()).distinct().toList())
                + ": " + anomalies.getFirst().sentence() : "nothing is wrong");
    }
}
