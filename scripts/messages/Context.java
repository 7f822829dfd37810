package messages;

import java.time.Instant;
import java.util.concurrent.CancellationException;
import org.apache.kafka.common.TopicPartition;

/**
 * The attempt that a handler makes: which record, which attempt, until when, and whether to go on.
 *
 * <p>An attempt is cancelled when its {@link #deadline()} passes, and when its partition moves to another consumer,
 * which then makes an attempt of its own. Its thread is interrupted: blocking calls of the JDK end, most with an {@link
 * InterruptedException}. The handler should then stop at once and have no further effect (write, send or book nothing
 * more); whatever it throws is ignored or retried. A handler that does not block calls {@link #check()} before each
 * effect.
 */
public interface Context {
    /** The partition of the record that is being handled. */
    TopicPartition partition();

    /** The offset of that record. */
    long offset();

    /** 1, and more after failures. A {@link NotNow} does not count. */
    int attempt();

    /** When this attempt is cancelled. */
    Instant deadline();

    /** Whether to stop, with no further effect. */
    boolean cancelled();

    /**
     * Returns if the attempt goes on.
     *
     * @throws CancellationException if it is cancelled: let it through
     */
    default void check() {
        if (cancelled()) {
            throw new CancellationException("the attempt at " + partition() + "@" + offset() + " is cancelled, because "
                    + "its time is up or its partition moved to another consumer: stop, and have no further effect");
        }
    }
}
