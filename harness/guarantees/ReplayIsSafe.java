package guarantees;

import history.Anomaly.Kind;
import lab.Running;
import story.Guarantee;
import story.Replay;
import story.Side;

/**
 * 10. Orders failed, and the cause is gone. The replay of their dead letters is killed after it has sent them and
 * before it has committed that, so that the next run sends them again: each order is done once.
 */
final class ReplayIsSafe extends Guarantee {
    private static final int ORDERS = 20;

    ReplayIsSafe() {
        super("Is an order done twice whose dead letter is replayed twice?", "--dedup none", Kind.TWICE);
    }

    @Override
    public String happens(Side side) {
        side.send(side.orders(null, "order-", ORDERS, "customerf"));
        Running failing = side.consumer("consumer-1", side.options());
        side.until("all are dead-lettered", side::caughtUp);
        side.stop("consumer-1", failing);

        Replay first = side.replay("replay-1", "--freeze-at", "sent");
        first.awaitFrozen();
        first.kill();
        int sent = side.records() - ORDERS;
        side.replay("replay-2").end();
        int again = side.records() - ORDERS - sent;
        if (sent > 0 && again == ORDERS) {
            side.bit(sent + " dead letters were sent, and sent again by the next run");
        }

        side.consumer("consumer-2", side.options("--no-failures"));
        side.until("all are committed", side::caughtUp);
        return side.counted();
    }
}
