package guarantees;

import history.Anomaly.Kind;
import java.util.stream.IntStream;
import lab.Running;
import story.Guarantee;
import story.Side;

/** 7. Orders with one key are processed in the order of their offsets, also when the first has to be retried. */
final class OrderPerKey implements Guarantee {
    private static final int KEYS = 5;
    private static final int ORDERS = 100;

    @Override
    public String question() {
        return "Are a customer's orders done in the order in which they came?";
    }

    @Override
    public String off() {
        return "--ordering none";
    }

    @Override
    public Kind anomaly() {
        return Kind.WRONG_ORDER;
    }

    @Override
    public String tell(Side side) {
        side.send(IntStream.range(0, ORDERS).mapToObj(i -> side.order(null, "key-" + i % KEYS, "order-" + i,
                i < KEYS ? "customer-r" : "customer123", "1")).toList()); // the first of each key fails twice
        Running consumer = side.consumer("consumer-1", side.options("--work-ms", "0-20"));
        side.until("all are done", () -> side.lag() == 0);
        if (consumer.err().contains("will be retried")) {
            side.bit("the first order of each of " + KEYS + " keys was retried");
        }
        return side.done() + " of " + ORDERS + " orders done";
    }
}
