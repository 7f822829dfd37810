package guarantees;

import history.Anomaly.Kind;
import java.util.stream.IntStream;
import story.Guarantee;
import story.Side;

/** 9. A record with the id of an order that was processed with other content is dead-lettered, not skipped. */
final class NothingIsDropped extends Guarantee {
    private static final int ORDERS = 10;

    NothingIsDropped() {
        super("Does an order vanish whose id was used before?", "--on-conflict skip", Kind.NO_FATE);
    }

    @Override
    public String happens(Side side) {
        side.send(side.orders(null, "order-", ORDERS, "customer123"));
        side.send(IntStream.range(0, ORDERS)
                .mapToObj(i -> side.order(null, "order-" + i, "order-" + i, "customer123", "2")).toList());
        side.consumer("consumer-1", side.options());
        side.until("all are committed", side::caughtUp);
        side.bit(ORDERS + " ids came again with another total");
        return side.done() + " orders done, " + side.lab().deadLetters().size() + " of " + ORDERS
                + " conflicts dead-lettered";
    }
}
