package work;

import java.time.Duration;

/** What a partition that may leave has to say about work on its records; asked by workers. */
public interface Gate {
    /** Whether an attempt at the record at this offset may begin. */
    boolean begin(long offset);

    /** Sleeps, but not once the partition is leaving. */
    void sleep(Duration duration);
}
