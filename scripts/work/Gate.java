package work;

import java.time.Duration;

/** Whether workers may work on the records of a partition, which may be revoked at any time. */
public interface Gate {
    /** Whether an attempt at the record at this offset may begin. */
    boolean begin(long offset);

    /** Sleeps, but returns once the partition is being revoked. */
    void sleep(Duration duration);
}
