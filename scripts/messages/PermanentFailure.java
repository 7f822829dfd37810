package messages;

/** A failure that no retry can fix: its record goes to the dead-letter queue at once. */
public abstract class PermanentFailure extends Exception {
    protected PermanentFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
