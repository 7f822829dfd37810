package guarantees;

import history.Anomaly.Kind;
import lab.Kafka;
import lab.Running;
import org.apache.kafka.clients.producer.ProducerRecord;
import story.Guarantee;
import story.Side;

/** 5. A record that is not JSON, and an order that fails for good, leave the others flowing. */
final class BadRecordStopsNothing extends Guarantee {
    private static final int ORDERS = 10;

    BadRecordStopsNothing() {
        super("Does one bad record stop all others?", "--no-dlq", Kind.STALLED);
    }

    @Override
    public String happens(Side side) {
        side.send(side.orders(0, "before-", ORDERS, "customer123"));
        side.send(new ProducerRecord<>(side.lab().events, 0, Kafka.bytes("poison"), Kafka.bytes("not json")));
        side.send(side.order(0, "refused", "customerf"));
        side.send(side.orders(0, "after-", ORDERS, "customer123"));
        Running first = side.consumer("consumer-1", side.options());
        side.until("it has passed them, or ended", () -> !first.alive() || side.caughtUp());
        if (!first.alive()) { // would a restart help?
            Running second = side.consumer("consumer-2", side.options());
            side.until("this one ends, too", () -> !second.alive());
        }
        side.bit("two bad records among " + 2 * ORDERS + " orders of one partition");
        return side.committed(0) + " of " + (2 * ORDERS + 2) + " records committed, " + side.lab().deadLetters().size()
                + " dead letters";
    }
}
