package replay;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Lets through a given number per second, evenly. */
public final class RateLimit {
    private final long nanos;
    private long next = System.nanoTime();

    /** @param perSecond null for no limit */
    public RateLimit(Integer perSecond) {
        nanos = perSecond == null ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecond;
    }

    /** Waits until the next one may go. */
    public void await() {
        for (long now = System.nanoTime(); now - next < 0; now = System.nanoTime()) {
            LockSupport.parkNanos(next - now);
        }
        next = Math.max(next, System.nanoTime() - nanos) + nanos;
    }
}
