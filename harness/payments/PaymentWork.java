package payments;

import messages.TransientFailure;

/** The work on a payment. Payments from the account "closed" fail. */
public final class PaymentWork {
    /** @param attempt 1 for the first one */
    public void handle(Payment payment, int attempt) throws TransientFailure {
        if (payment.from().equals("closed")) {
            throw new TransientFailure("the account is closed");
        }
    }
}
