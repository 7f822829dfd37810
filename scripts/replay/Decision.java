package replay;

import dlq.Letter;

/**
 * What to do with a dead letter: decided once, and carried with it.
 *
 * @param topic     where to send it; null if it is not sent
 * @param partition that, too; null if the producer chooses it by the key
 */
public record Decision(Letter letter, Action action, String topic, Integer partition) {
    public enum Action {
        REPLAYED, QUARANTINED,
        /** Its headers do not report an origin, and no other topic is given. */
        NO_ORIGIN,
        /** Key and value were not copied, and are not to be fetched. */
        NOT_COPIED,
        /** It is to be left out. */
        SKIPPED,
        /** The original is no longer where it came from; that shows only when it is fetched. */
        GONE
    }

    static Decision leave(Letter letter, Action why) {
        return new Decision(letter, why, null, null);
    }

    /** Whether it is sent, to whatever topic. */
    public boolean sends() {
        return topic != null;
    }
}
