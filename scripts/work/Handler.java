package work;

import messages.PermanentFailure;
import orders.Order;

/** The work on an order: your own goes here. */
@FunctionalInterface
public interface Handler {
    /**
     * @param attempt 1, and more after failures
     * @throws PermanentFailure for what no further attempt would mend; any other exception may pass
     */
    void handle(Order order, int attempt) throws Exception;
}
