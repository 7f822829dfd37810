package guarantees;

import history.Anomaly.Kind;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lab.Kafka;
import story.Guarantee;
import story.Side;

/**
 * 7. Records with one key are processed in the order of their offsets, also if the first has to be retried. Here the
 * second is a correction with the same id, which comes too late: of the two, the first one has to be done.
 */
final class OrderPerKey extends Guarantee {
    private static final int ORDERS = 20;

    OrderPerKey() {
        super("Is the first of two records done first, even if it needs a retry?", "--ordering none", Kind.WRONG_ORDER);
    }

    @Override
    public String happens(Side side) {
        side.send(IntStream.range(0, ORDERS).boxed().flatMap(i -> Stream.of(
                side.order(null, "order-" + i, "order-" + i, "customer-r", "1"), // fails twice
                side.order(null, "order-" + i, "order-" + i, "customer123", "2"))).toList());
        side.consumer("consumer-1", side.options());
        side.until("all are committed", side::caughtUp);
        if (side.retried() == ORDERS) {
            side.bit("the first record of " + ORDERS + " keys was retried, with another one behind it");
        }
        long late = side.lab().deadLetters().stream()
                .filter(letter -> Kafka.text(letter.value()).contains("\"total_amount\":2")).count();
        return late + " of " + ORDERS + " done before the record behind it";
    }
}
