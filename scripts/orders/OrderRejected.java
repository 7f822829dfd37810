package orders;

import messages.PermanentFailure;

/** The business refuses a well-formed order. */
public final class OrderRejected extends PermanentFailure {
    public OrderRejected(String message) {
        super(message, null);
    }
}
