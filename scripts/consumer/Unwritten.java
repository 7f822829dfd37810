package consumer;

import cli.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import work.Result;

/**
 * Deliveries whose outcomes are not yet written. One that Kafka refuses (a dead letter too large, a topic we may not
 * write to) waits here and is tried again alone, every second, while the others pass, all but later ones of its key.
 * Its offset, and those behind it, stay uncommitted. For the poll thread only.
 */
final class Unwritten {
    private static final Logger LOG = LoggerFactory.getLogger(Unwritten.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int ENOUGH = 4_000;
    private static final int ALL = Integer.MAX_VALUE;

    private final boolean stopAtRefusal;
    private final Duration linger;
    private final List<Handled> waiting = new ArrayList<>();
    private final Map<Handled, Long> refused = new LinkedHashMap<>(); // and when to try again
    private long lastTaken = System.nanoTime();
    private int atMost = ALL;

    /** @param linger for how long to gather what shares a commit, which costs the same for one and for thousands */
    Unwritten(boolean stopAtRefusal, Duration linger) {
        this.stopAtRefusal = stopAtRefusal;
        this.linger = linger;
    }

    void add(Collection<Handled> done) {
        waiting.addAll(done);
    }

    /** Take fewer at a time until it is found who is refused; with what passes it becomes more again. */
    void takeAtMost(int deliveries) {
        atMost = deliveries;
    }

    /** What to write now, of partitions that are still ours: a refused delivery that is due, else all that waits. */
    List<Handled> next() {
        waiting.removeIf(Unwritten::moot);
        refused.keySet().removeIf(Unwritten::moot);
        if (refused.isEmpty() && atMost == ALL) {
            return List.copyOf(waiting);
        }
        long now = System.nanoTime();
        Set<String> held = new HashSet<>(); // records without a key have no order among them
        for (Map.Entry<Handled, Long> entry : refused.entrySet()) {
            String key = entry.getKey().key();
            boolean first = key == null || held.add(key);
            if (first && entry.getValue() - now <= 0) {
                return List.of(entry.getKey());
            }
        }
        return waiting.stream().filter(delivery -> delivery.key() == null || !held.contains(delivery.key()))
                .limit(atMost).toList();
    }

    /** Whether a batch is worth a commit of its own by now, or more should come to share it; idle: nothing will. */
    boolean due(List<Handled> batch, boolean idle) {
        long now = System.nanoTime();
        boolean due = idle || batch.size() >= Math.min(ENOUGH, atMost) || now - lastTaken > linger.toNanos();
        lastTaken = due ? now : lastTaken;
        return due;
    }

    private static boolean moot(Handled delivery) {
        return delivery.partition().gone() || delivery.result() instanceof Result.Abandoned;
    }

    void written(List<Handled> batch) {
        atMost = atMost > ENOUGH ? ALL : 2 * atMost;
        if (batch.size() == waiting.size() && refused.isEmpty()) {
            waiting.clear();
            return;
        }
        Set<Handled> written = new HashSet<>(batch);
        waiting.removeIf(written::contains);
        refused.keySet().removeAll(written);
    }

    void refused(Handled delivery, Throwable cause) {
        String sentence = "Kafka refuses the " + (delivery.result() instanceof Result.DeadLettered ? "dead letter"
                : "outcome") + " of " + delivery + ", nothing past it is committed: " + cause.getMessage();
        if (stopAtRefusal) {
            throw new Failure(sentence + " Mend that, and start again (--on-refusal stop).");
        }
        LOG.error("{} Will try again in {} s.", sentence, PAUSE.toSeconds());
        atMost = ALL;
        waiting.remove(delivery);
        refused.put(delivery, System.nanoTime() + PAUSE.toNanos());
    }
}
