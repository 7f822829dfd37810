package replay;

import dlq.Letter;

/**
 * What to do with a dead letter: decided once, and carried with it.
 *
 * @param topic     where to send it; null if it is not sent
 * @param partition where to send it; null if the producer chooses the partition by the key
 */
public record Decision(Letter letter, Action action, String topic, Integer partition) {
    public enum Action {
        REPLAYED, QUARANTINED,
        /** Its headers do not report an origin, and no other topic is given. */
        NO_ORIGIN,
        /** The value was not copied, and is not to be fetched. */
        NOT_COPIED,
        /** {@code --skip} leaves it out. */
        SKIPPED,
        /** The original no longer exists; that is known only when it is fetched. */
        GONE
    }

    static Decision leave(Letter letter, Action why) {
        return new Decision(letter, why, null, null);
    }

    /** Whether it is sent, to any topic. */
    public boolean sends() {
        return topic != null;
    }
}
