package messages;

/**
 * A message was processed before with other content: this record is not a duplicate, and must not be treated as one.
 */
public final class IdempotencyConflict extends PermanentFailure {
    /** @param message which one, such as "order 4711" */
    public IdempotencyConflict(String message) {
        super(message + " was already processed with other content", null);
    }
}
