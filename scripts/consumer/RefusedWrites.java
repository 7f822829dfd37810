package consumer;

import cluster.ClusterFailure;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import work.Result;

/**
 * What Kafka refused to write: a dead letter that is too large, or a topic that this user may not write to. Each is
 * tried again alone, every second. Meanwhile all others are written, except later ones of its key. Its offset, and
 * those after it, stay uncommitted. For the poll thread only.
 */
final class RefusedWrites {
    private static final Logger LOG = LoggerFactory.getLogger(RefusedWrites.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final boolean stop;
    private final Map<Delivery, Refused> refused = new LinkedHashMap<>(); // in the order of the first refusals

    /** @param retryAt by {@link System#nanoTime()} */
    private record Refused(Handled handled, long retryAt) {
    }

    /** @param stop whether the consumer stops at the first refusal, with {@link ClusterFailure} */
    RefusedWrites(boolean stop) {
        this.stop = stop;
    }

    /** @throws ClusterFailure if the consumer is to stop */
    void add(Handled handled, Throwable cause) {
        String sentence = "Kafka refuses the " + (handled.result() instanceof Result.DeadLettered ? "dead letter"
                : "outcome") + " of " + handled + ", no offset after it is committed: " + cause.getMessage();
        if (stop) {
            throw new ClusterFailure(ClusterFailure.Kind.REFUSED, sentence
                    + " Fix that, and start again (--on-refusal stop).", cause);
        }
        LOG.error("{} Will try again in {} s.", sentence, PAUSE.toSeconds());
        refused.put(handled.delivery(), new Refused(handled, System.nanoTime() + PAUSE.toNanos()));
    }

    void remove(Collection<Handled> written) {
        written.forEach(handled -> refused.remove(handled.delivery()));
    }

    void deadLettersWritten(Collection<Handled> handled) {
        handled.forEach(one -> refused.computeIfPresent(one.delivery(),
                (delivery, before) -> new Refused(before.handled.withDeadLetterWritten(), before.retryAt)));
    }

    void dropMoot() {
        refused.values().removeIf(one -> one.handled.isMoot());
    }

    boolean isEmpty() {
        return refused.isEmpty();
    }

    /** The first one of a key that is due for another attempt; later ones of the key wait for it. */
    Optional<Handled> due() {
        long now = System.nanoTime();
        Set<String> keys = new HashSet<>();
        return refused.values().stream()
                .filter(one -> one.handled.key() == null || keys.add(one.handled.key()))
                .filter(one -> one.retryAt - now <= 0)
                .map(Refused::handled)
                .findFirst();
    }

    /** The keys for which nothing may be written yet. Records without a key have no order. */
    Set<String> heldKeys() {
        Set<String> keys = new HashSet<>();
        refused.keySet().forEach(delivery -> keys.add(delivery.key()));
        keys.remove(null);
        return keys;
    }
}
