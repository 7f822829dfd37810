package work;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.StateTransition;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import messages.PermanentFailure;
import messages.UnreadableFailure;
import org.slf4j.Logger;

/**
 * Tells an outage of what the handler needs from a bad record. A record that has used up its attempts is dead-lettered,
 * but not if many of the recent records failed, too, in a way that may pass. Then this opens: all records wait, and
 * none is dead-lettered for such a failure. Now and then one is tried, and when it passes, all go on. Safe for several
 * threads.
 */
public final class Breaker {
    private static final Backoff PAUSES = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10));
    private static final Duration LOOK = Duration.ofMillis(100);

    private final CircuitBreaker circuit;
    private final CircuitBreaker recent; // only counts
    private final float threshold; // in per cent
    private final int window;
    private final Reminder reminder = new Reminder();
    private final AtomicInteger toTell; // so many successes: more would change nothing, and each costs a microsecond
    private final String noun;
    private final Logger log;
    private volatile int outages;
    private volatile String reason; // of the latest failure
    private volatile long openedAt;
    private volatile boolean logged;

    /**
     * @param noun   what the log calls a message, such as "order"
     * @param share  of the recent records that has to fail for an outage, 0 to 1; with 0 it never opens
     * @param window how many records are recent
     */
    public Breaker(String noun, double share, int window, Logger log) {
        this.noun = noun;
        this.log = log;
        this.window = window;
        this.toTell = new AtomicInteger(window);
        this.threshold = share == 0 ? Float.MAX_VALUE : (float) (100 * share);
        recent = CircuitBreaker.of("recent " + noun + "s", CircuitBreakerConfig.custom()
                .slidingWindow(window, Math.max(1, (int) Math.ceil(share * window)), SlidingWindowType.COUNT_BASED)
                .build());
        recent.transitionToMetricsOnlyState();
        circuit = CircuitBreaker.of(noun, CircuitBreakerConfig.custom()
                .waitIntervalFunctionInOpenState(pause -> PAUSES.after(pause).toMillis())
                .permittedNumberOfCallsInHalfOpenState(1)
                .build());
        circuit.getEventPublisher().onStateTransition(event -> moved(event.getStateTransition()));
    }

    /**
     * What is known of outages.
     *
     * @param open    whether there is one now
     * @param outages how many there were since the start
     * @param openMs  for how long the present one has lasted; 0 if there is none
     * @param reason  the failure that was seen last; null if there was none
     */
    public record Outages(boolean open, int outages, long openMs, String reason) {
    }

    public Outages outages() {
        boolean open = isOpen();
        return new Outages(open, outages, open ? openMs() : 0, reason);
    }

    boolean isOpen() {
        return circuit.getState() == State.OPEN || circuit.getState() == State.HALF_OPEN;
    }

    /** How many outages there were since the start. */
    int count() {
        return outages;
    }

    /**
     * Runs a task: at once, unless there is an outage.
     *
     * @param gate  of the record's partition
     * @param first whether it is the first attempt at a record since the last outage: only these show another one, so
     *              that one bad record that is tried often does not look like an outage
     * @return false if the partition drained meanwhile; then nothing was run
     * @throws Exception what the task throws
     */
    boolean call(KeyedWorkers.Task task, Gate gate, boolean first) throws Exception {
        while (!circuit.tryAcquirePermission()) {
            remind();
            if (!gate.sleep(LOOK)) {
                return false;
            }
        }
        boolean trial = isOpen();
        boolean says = false;
        try {
            task.run();
            says = true;
            passed(trial, first);
            return true;
        } catch (PermanentFailure e) { // it shows neither that what the handler needs is there, nor that it is not
            throw e;
        } catch (Throwable e) {
            says = !gate.left();
            if (says && (trial || first)) {
                reason = UnreadableFailure.unlessReadable(e).getMessage();
                toTell.set(window);
                (trial ? circuit : recent).onError(0, TimeUnit.NANOSECONDS, e);
            }
            throw e;
        } finally {
            if (trial && !says) {
                circuit.releasePermission();
            }
        }
    }

    private void passed(boolean trial, boolean first) {
        if (trial) {
            recent.reset();
            recent.transitionToMetricsOnlyState();
            circuit.onSuccess(0, TimeUnit.NANOSECONDS);
        } else if (first && toTell.get() > 0 && toTell.getAndDecrement() > 0) {
            recent.onSuccess(0, TimeUnit.NANOSECONDS);
        }
    }

    /**
     * Called when a record has used up its attempts.
     *
     * @return whether this is an outage, so that the record has to wait
     */
    synchronized boolean opens() {
        if (!isOpen() && recent.getMetrics().getFailureRate() >= threshold) {
            circuit.transitionToOpenState();
        }
        return isOpen();
    }

    private void moved(StateTransition transition) {
        switch (transition) {
            case CLOSED_TO_OPEN -> {
                openedAt = System.nanoTime();
                outages++;
                logged = true;
                reminder.rest();
                log.warn("{} of the last {} {}s failed in a way that may pass; the last one: {}. All wait, and none is "
                        + "dead-lettered, while one is tried now and then.",
                        recent.getMetrics().getNumberOfFailedCalls(), recent.getMetrics().getNumberOfBufferedCalls(),
                        noun, reason);
            }
            case HALF_OPEN_TO_CLOSED -> {
                toTell.set(window);
                logged = false;
                log.info("all {}s go on after {} s: one passed", noun, openMs() / 1000);
            }
            default -> {
            }
        }
    }

    private long openMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - openedAt);
    }

    private void remind() {
        if (logged && reminder.isDue()) {
            log.warn("all {}s still wait, for {} s now: {}", noun, openMs() / 1000, reason);
        }
    }
}
