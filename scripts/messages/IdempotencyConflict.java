package messages;

/** A message was processed before with other content: this record is not a duplicate, and must not be taken for one. */
public final class IdempotencyConflict extends PermanentFailure {
    public IdempotencyConflict(String id) {
        super(id + " was already processed with other content", null);
    }
}
