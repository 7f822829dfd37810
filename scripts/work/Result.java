package work;

import messages.Digest;
import orders.Order;

/** What came of a record. */
public sealed interface Result {
    /** The order's effect took place, at the given attempt. */
    record Processed(Order order, Digest content, int attempts) implements Result {
    }

    /** The order was processed before, with the same content: nothing to do. */
    record Duplicate(Order order) implements Result {
    }

    /** It failed for good. The order is null where the record holds none. */
    record DeadLettered(Order order, Exception cause, int attempts) implements Result {
    }

    /** Its partition went to another consumer first; that one will do it. */
    record Abandoned() implements Result {
    }
}
