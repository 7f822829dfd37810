package payments;

import messages.Context;
import messages.TransientFailure;

/** The work on a payment. Payments from the account "closed" fail. */
public final class PaymentWork {
    public void handle(Payment payment, Context context) throws TransientFailure {
        if (payment.from().equals("closed")) {
            throw new TransientFailure("the account is closed");
        }
    }
}
