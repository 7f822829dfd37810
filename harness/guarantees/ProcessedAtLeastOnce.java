package guarantees;

import history.Anomaly.Kind;
import java.util.Set;
import lab.Running;
import story.Guarantee;
import story.Side;

/** 3. An offset is committed only after its order has its outcome: a kill -9 loses nothing. */
final class ProcessedAtLeastOnce extends Guarantee {
    private static final int HANGING = 14;
    private static final int DONE = 6;

    ProcessedAtLeastOnce() {
        super("Is an order lost when its consumer is killed?", "--auto-commit", Kind.NO_FATE);
    }

    /** Orders that were done after all, but later than the client committed them. */
    @Override
    public Set<Kind> besides() {
        return Set.of(Kind.AHEAD);
    }

    @Override
    public String happens(Side side) {
        for (int partition = 0; partition < 2; partition++) {
            side.send(side.orders(partition, "hangs-" + partition + "-", HANGING / 2, "customer-h"));
            side.send(side.orders(partition, "done-" + partition + "-", DONE / 2, "customer123")); // behind them
        }
        String[] options = side.options("--instance-id", "one", "--handler-timeout", "600000");
        Running first = side.consumer("consumer-1", options);
        side.until(DONE + " are done", () -> side.done() == DONE);
        side.send(side.order(2, "last", "customer123"));
        side.until("one of another partition is committed, and with it all that can be", () -> side.committed(2) == 1);
        side.kill("consumer-1", first);
        if (!first.alive() && side.done() == DONE + 1) {
            side.bit(HANGING + " orders were being handled when it was killed");
        }
        side.consumer("consumer-2", side.options("--instance-id", "one", "--no-failures"));
        side.until("the next one has committed all", side::caughtUp);
        return side.done() + " of " + (HANGING + DONE + 1) + " orders done";
    }
}
