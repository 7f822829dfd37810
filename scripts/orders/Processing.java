package orders;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import orders.Delivery.Abandoned;
import orders.Delivery.DeadLettered;
import orders.Delivery.Duplicate;
import orders.Delivery.Processed;
import orders.Delivery.Result;

/**
 * Steps 2 and 3 of the consumer, on a worker's thread: reads an order, looks it up in the ledger, has it handled, and
 * tries again, after a pause, what failed in a way that may pass.
 */
public final class Processing {
    private final KeyedWorkers workers;
    private final Handler handler;
    private final int maxAttempts;
    private final Backoff backoff;
    private final Report report;

    public Processing(KeyedWorkers workers, Handler handler, int maxAttempts, Backoff backoff, Report report) {
        this.workers = workers;
        this.handler = handler;
        this.maxAttempts = maxAttempts;
        this.backoff = backoff;
        this.report = report;
    }

    /** The work itself. */
    @FunctionalInterface
    public interface Handler {
        /**
         * @param attempt 1, and more after failures
         * @throws PermanentFailure for what no further attempt would mend; any other exception may pass
         */
        void handle(Order order, int attempt) throws Exception;
    }

    /** What came of a delivery; never throws. */
    public Result process(Delivery delivery) {
        for (int n = 1; ; n++) {
            int attempt = n;
            try {
                return workers.inSlot(() -> attempt(delivery, attempt), delivery);
            } catch (PermanentFailure e) {
                return new DeadLettered(delivery.order(), e, attempt);
            } catch (Throwable e) { // errors too: a handler's stack overflow must not take the worker with it
                Exception cause = e instanceof Exception exception ? exception : new ExecutionException(e);
                if (attempt >= maxAttempts) {
                    return new DeadLettered(delivery.order(), cause, attempt);
                }
                report.retrying(delivery, attempt, maxAttempts, cause);
                delivery.partition().pause(backoff.after(attempt));
            }
        }
    }

    private Result attempt(Delivery delivery, int attempt) throws Exception {
        if (!delivery.partition().begin(delivery)) {
            return new Abandoned(); // the partition leaves: its next owner will do it
        }
        Order order = read(delivery);
        delivery.of(order);
        Digest content = order.contentDigest();
        Ledger ledger = delivery.partition().ledger();
        switch (ledger.lookUp(order, content)) {                                                    // 2
            case SAME -> {
                return new Duplicate(order);
            }
            case OTHER_CONTENT -> throw new IdempotencyConflict(order.orderId());
            case UNKNOWN -> {
                report.handling(delivery, order, attempt);
                handler.handle(order, attempt);                                                     // 3
                ledger.add(order, content); // at once: a duplicate may follow in the same batch
            }
        }
        return new Processed(order, content, attempt);
    }

    private static Order read(Delivery delivery) throws PermanentFailure {
        try {
            byte[] value = delivery.record().value();
            Order order = Order.from(Json.read(value == null ? new byte[0] : value));
            if (!order.orderId().equals(delivery.key())) { // in its partition the ledger may not know the order
                throw new InvalidOrder(List.of(new InvalidOrder.Problem("key of the record", "must be the order_id")));
            }
            return order;
        } catch (JsonProcessingException e) {
            throw new MalformedRecord("not JSON: " + e.getOriginalMessage(), e);
        }
    }
}
