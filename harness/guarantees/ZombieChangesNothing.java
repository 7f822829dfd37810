package guarantees;

import history.Anomaly.Kind;
import java.util.List;
import lab.Running;
import story.Guarantee;
import story.Side;

/** 6. A consumer that was frozen until its partitions moved, and goes on, adds no second outcome. */
final class ZombieChangesNothing extends Guarantee {
    private static final int ORDERS = 60;
    private static final int MORE = 30;

    ZombieChangesNothing() {
        super("Does a consumer that was frozen do harm when it wakes up?", "--commit manual", Kind.TWICE);
    }

    @Override
    public String happens(Side side) {
        String[] options = side.isBroken() ? side.options() : side.options("--commit", "transactional");
        side.send(side.orders(null, "order-", ORDERS, "customer123"));
        Running zombie = side.frozenConsumer("consumer-1", "handled", options);
        side.consumer("consumer-2", options);
        side.until("the other one has done all", () -> side.caughtUp() && side.done() == ORDERS);
        side.thaw("consumer-1", zombie);
        side.until("the zombie is a member again, with a partition of the other's",
                () -> side.lab().kafka().assignment(side.lab().group).equals(List.of(2, 1)));
        side.bit("it was frozen with orders in hand, which another one did meanwhile");
        side.send(side.orders(null, "more-", MORE, "customer123"));
        side.until("these are done, too", side::caughtUp);
        return side.counted();
    }
}
