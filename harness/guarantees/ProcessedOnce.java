package guarantees;

import history.Anomaly.Kind;
import lab.Running;
import story.Guarantee;
import story.Side;

/** 4. One outcome for one order, over copies, redelivery and a restart of the consumer. */
final class ProcessedOnce extends Guarantee {
    private static final int ORDERS = 20;

    ProcessedOnce() {
        super("Is an order done twice that comes twice?", "--dedup none", Kind.TWICE);
    }

    @Override
    public String happens(Side side) {
        side.send(side.orders(null, "order-", ORDERS, "customer123"));
        side.send(side.orders(null, "order-", ORDERS, "customer123"));
        Running first = side.consumer("consumer-1", side.options("--instance-id", "one"));
        side.until("both copies are committed", side::caughtUp);
        side.kill("consumer-1", first);
        side.send(side.orders(null, "order-", ORDERS, "customer123"));
        side.consumer("consumer-2", side.options("--instance-id", "one"));
        side.until("the third copies, too", side::caughtUp);
        side.bit("each of " + ORDERS + " orders came three times, once after a restart");
        return side.counted();
    }
}
