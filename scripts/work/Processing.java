package work;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import ledger.Ledger;
import messages.Digest;
import messages.IdempotencyConflict;
import messages.Json;
import messages.PermanentFailure;
import orders.InvalidOrder;
import orders.MalformedRecord;
import orders.Order;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import work.Result.Abandoned;
import work.Result.DeadLettered;
import work.Result.Duplicate;
import work.Result.Processed;

/** Steps 2 and 3 of the consumer, on a worker's thread: look the order up in the ledger, handle it, retry. */
public final class Processing {
    private final KeyedWorkers workers;
    private final Handler handler;
    private final int maxAttempts;
    private final Backoff backoff;
    private final Logger log;

    public Processing(KeyedWorkers workers, Handler handler, int maxAttempts, Backoff backoff, Logger log) {
        this.workers = workers;
        this.handler = handler;
        this.maxAttempts = maxAttempts;
        this.backoff = backoff;
        this.log = log;
    }

    /** What came of a record; never throws. */
    public Result process(ConsumerRecord<byte[], byte[]> record, Ledger ledger, Gate gate) {
        Order order = null;
        for (int n = 1; ; n++) {
            int attempt = n;
            try {
                if (order == null) {
                    order = read(record);
                }
                Order known = order;
                return workers.inSlot(() -> attempt(known, record, ledger, gate, attempt), place(record));
            } catch (PermanentFailure e) {
                return new DeadLettered(order, e, attempt);
            } catch (Throwable e) { // errors too: a handler's stack overflow must not take the worker with it
                Exception cause = e instanceof Exception exception ? exception : new ExecutionException(e);
                if (attempt >= maxAttempts) {
                    return new DeadLettered(order, cause, attempt);
                }
                log.warn("order {} failed at attempt {} of {}, to be retried: {}", key(record), attempt, maxAttempts,
                        cause.getMessage());
                gate.sleep(backoff.after(attempt));
            }
        }
    }

    private Result attempt(Order order, ConsumerRecord<byte[], byte[]> record, Ledger ledger, Gate gate, int attempt)
            throws Exception {
        if (!gate.begin(record.offset())) {
            return new Abandoned(); // the partition leaves: its next owner will do it
        }
        Digest content = order.contentDigest();
        switch (ledger.lookUp(order, content)) {                                                    // 2
            case SAME -> {
                return new Duplicate(order);
            }
            case OTHER_CONTENT -> throw new IdempotencyConflict(order.orderId());
            case UNKNOWN -> {
                log.info("processing order {} of customer {}: {}, attempt {}", order.orderId(), order.customerId(),
                        place(record), attempt);
                handler.handle(order, attempt);                                                     // 3
                ledger.add(order, content); // at once: a duplicate may follow in the same batch
            }
        }
        return new Processed(order, content, attempt);
    }

    private static Order read(ConsumerRecord<byte[], byte[]> record) throws PermanentFailure {
        try {
            Order order = Order.from(Json.read(record.value() == null ? new byte[0] : record.value()));
            if (!order.orderId().equals(key(record))) { // in its partition the ledger may not know the order
                throw new InvalidOrder(List.of(new InvalidOrder.Problem("key of the record", "must be the order_id")));
            }
            return order;
        } catch (JsonProcessingException e) {
            throw new MalformedRecord("not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
    }

    private static String place(ConsumerRecord<?, ?> record) {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }
}
