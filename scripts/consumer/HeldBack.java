package consumer;

import java.time.Duration;

/**
 * Why nothing of a partition can be committed, or nothing more comes in.
 *
 * @param offset of its first record that is not committed, or {@link #NO_OFFSET}
 * @param time   since that record came in, or the partition was assigned
 */
public record HeldBack(Reason reason, long offset, Duration time) {
    static final long NO_OFFSET = -1;

    /** What it waits for: its ledger, or something that its first record needs. */
    public enum Reason { RESTORING, HANDLING, PAUSED, WRITING, REFUSED, COMMITTING }
}
