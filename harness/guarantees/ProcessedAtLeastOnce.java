package guarantees;

import history.Anomaly.Kind;
import java.util.Set;
import java.util.stream.Stream;
import lab.Running;
import story.Guarantee;
import story.Side;

/** 3. An offset is committed only after its order has its outcome: a kill -9 loses nothing. */
final class ProcessedAtLeastOnce extends Guarantee {
    private static final int DONE = 5;
    private static final int HANGING = 15;

    /** Orders that were done after all, but later than the client committed them. */
    ProcessedAtLeastOnce() {
        super("Is an order lost when its consumer is killed?", "--auto-commit", Kind.NO_FATE);
    }

    @Override
    public Set<Kind> besides() {
        return Set.of(Kind.AHEAD);
    }

    @Override
    public String happens(Side side) {
        side.send(Stream.concat(side.orders(null, "hangs-", HANGING, "customer-h").stream(),
                side.orders(null, "done-", DONE, "customer123").stream()).toList()); // behind those that hang
        String[] options = side.options("--instance-id", "one", "--handler-timeout", "600000");
        Running first = side.consumer("consumer-1", options);
        side.until("five are done", () -> side.done() == DONE);
        if (side.isBroken()) {
            side.until("all are committed", () -> side.lag() == 0);
        }
        side.kill("consumer-1", first);
        side.bit(HANGING + " orders were being handled when it was killed");
        side.consumer("consumer-2", side.options("--instance-id", "one", "--no-failures"));
        side.until("it has caught up", () -> side.lag() == 0);
        return side.done() + " of " + (DONE + HANGING) + " orders done";
    }
}
