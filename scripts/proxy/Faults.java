package proxy;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The rules that are in force, what they hold, and whether anything passes at all. */
public final class Faults {
    private final long seed;
    private final Duration releaseAfter;
    private final List<Counted> rules = new CopyOnWriteArrayList<>();
    private final Set<Held> held = ConcurrentHashMap.newKeySet();
    private volatile boolean blackhole;

    /** @param seen how many requests matched it */
    private record Counted(Rule rule, AtomicLong seen) {
    }

    /** @param released completes with whether it goes on */
    private record Held(String what, CompletableFuture<Boolean> released) {
    }

    /** @param releaseAfter null to hold until {@link #release} */
    Faults(long seed, Duration releaseAfter) {
        this.seed = seed;
        this.releaseAfter = releaseAfter;
    }

    public void add(Rule rule) {
        rules.add(new Counted(rule, new AtomicLong()));
    }

    /** Counts a request, and says what happens to it. */
    public Set<Action> on(Request request) {
        EnumSet<Action> actions = EnumSet.noneOf(Action.class);
        for (Counted one : rules) {
            if (one.rule.matches(request)) {
                long n = one.seen.incrementAndGet();
                if (one.rule.meets(n, seed)) {
                    actions.add(one.rule.action());
                }
                if (one.rule.isOver(n)) {
                    rules.remove(one);
                }
            }
        }
        return actions;
    }

    /**
     * Waits until it is released or dropped, or its time is up.
     *
     * @return whether it goes on
     */
    public boolean hold(String what) {
        Held one = new Held(what, new CompletableFuture<>());
        held.add(one);
        if (releaseAfter != null) {
            one.released.completeOnTimeout(true, releaseAfter.toMillis(), TimeUnit.MILLISECONDS);
        }
        boolean goesOn = one.released.join();
        held.remove(one);
        return goesOn;
    }

    /** All that is held now goes on. */
    public void release() {
        held.removeIf(one -> one.released.complete(true)); // at once: the state that is shown next is after it
    }

    /** All that is held now is thrown away. */
    public void drop() {
        held.removeIf(one -> one.released.complete(false));
    }

    /** From now on nothing passes, in either direction. */
    public void blackhole() {
        blackhole = true;
    }

    public boolean isBlackhole() {
        return blackhole;
    }

    /**
     * From now on everything passes, and what is held goes on.
     *
     * @return whether there was a black hole
     */
    public synchronized boolean heal() {
        boolean lost = blackhole;
        rules.clear();
        blackhole = false;
        release();
        return lost;
    }

    /** Line by line: rules, what is held, the black hole. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(blackhole ? "blackhole\n" : "");
        rules.forEach(one -> text.append("rule ").append(one.rule).append('\n'));
        held.forEach(one -> text.append("held ").append(one.what).append('\n'));
        return text.toString();
    }
}
