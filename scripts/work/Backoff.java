package work;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Exponential backoff with equal jitter: after n failures a random wait between half of and all of {@code base * 2^(n -
 * 1)}, but at most {@code most}. The jitter keeps records that failed together from coming back together.
 */
public record Backoff(Duration base, Duration most) {
    /** How long to wait after so many failed attempts (1 or more). */
    public Duration after(int failures) {
        long bound = Math.min(most.toMillis(), base.toMillis() << Math.min(failures - 1, 20));
        return Duration.ofMillis(bound / 2 + ThreadLocalRandom.current().nextLong(bound / 2 + 1));
    }
}
