package payments;

import messages.PermanentFailure;

/** The bytes of a record are not a payment. */
public final class NotAPayment extends PermanentFailure {
    NotAPayment(String message, Throwable cause) {
        super(message, cause);
    }
}
