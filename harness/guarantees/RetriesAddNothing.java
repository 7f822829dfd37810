package guarantees;

import history.Anomaly.Kind;
import java.util.stream.IntStream;
import lab.Proxy;
import story.Guarantee;
import story.RecordedApi;
import story.Side;

/** 2. An acknowledgement is lost, and the producer sends the order again: Kafka has it once. */
final class RetriesAddNothing extends Guarantee {
    private static final int ORDERS = 20;
    private static final int LOST = 5;

    RetriesAddNothing() {
        super("Do the producer's own retries add records?", "--no-idempotence", Kind.DUPLICATED);
    }

    @Override
    public String happens(Side side) {
        Proxy proxy = Proxy.before(side.lab());
        RecordedApi api = side.api("api-1", proxy.bootstrap(), side.options());
        long accepted = IntStream.range(0, ORDERS).filter(i -> {
            if (i % (ORDERS / LOST) == 0) {
                proxy.command("drop-answer Produce#1@order-api");
            }
            return api.post("order-" + i);
        }).count();
        int dropped = proxy.lines("dropped the answer of Produce").size();
        if (dropped == LOST) {
            side.bit("the acknowledgements of " + LOST + " orders were lost, and these were sent again");
        }
        return accepted + " orders accepted, " + side.records() + " records";
    }
}
