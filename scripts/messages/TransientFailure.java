package messages;

/** A failure that may pass, such as a service that does not answer just now: worth a retry. */
public final class TransientFailure extends Exception {
    public TransientFailure(String message) {
        super(message);
    }

    public TransientFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
