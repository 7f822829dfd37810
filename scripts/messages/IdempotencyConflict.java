package messages;

/** An order was processed before with other content: this record is no duplicate, and must not be taken for one. */
public final class IdempotencyConflict extends PermanentFailure {
    public IdempotencyConflict(String orderId) {
        super("order " + orderId + " was already processed with other content", null);
    }
}
