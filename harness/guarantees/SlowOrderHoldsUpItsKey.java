package guarantees;

import history.Allowed;
import history.Anomaly.Kind;
import java.time.Duration;
import java.util.Set;
import lab.Running;
import story.Guarantee;
import story.Side;

/** 8. An order that hangs holds up no order with another key. */
final class SlowOrderHoldsUpItsKey extends Guarantee {
    private static final int ORDERS = 20;

    SlowOrderHoldsUpItsKey() {
        super("Does one slow order hold up all others?", "--concurrency 1", Kind.STALLED);
    }

    @Override
    public Allowed allowed() {
        return Allowed.nothing(Duration.ofSeconds(8)).holdingUp(Set.of("hangs"));
    }

    @Override
    public String happens(Side side) {
        side.send(side.order(0, "hangs", "customer-h"));
        Running consumer = side.consumer("consumer-1", side.options("--handler-timeout", "600000",
                "--figures-interval-ms", "200", "--json"));
        side.until("it hangs", () -> consumer.out().contains("\"in_flight\":1,"));
        side.bit("an order hangs, with " + ORDERS + " others behind it");
        side.send(side.orders(0, "order-", ORDERS, "customer123"));
        if (!side.isBroken()) {
            side.until("the others are done", () -> side.done() == ORDERS);
        }
        return side.done() + " of the " + ORDERS + " others done while it hangs";
    }
}
