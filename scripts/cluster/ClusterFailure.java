package cluster;

/**
 * The cluster cannot be reached, or refuses a request. The message is one sentence for the user: what is wrong, and
 * what to do about it.
 */
public final class ClusterFailure extends RuntimeException {
    /** What the failure means for the caller. */
    public enum Kind {
        /** Kafka answered, and refused. */
        REFUSED,
        /** The client's settings, or the address, are wrong. */
        WRONG_SETTINGS,
        /** Kafka did not answer in time. */
        UNREACHABLE
    }

    private final Kind kind;

    public ClusterFailure(Kind kind, String sentence) {
        this(kind, sentence, null);
    }

    public ClusterFailure(Kind kind, String sentence, Throwable cause) {
        super(sentence, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
