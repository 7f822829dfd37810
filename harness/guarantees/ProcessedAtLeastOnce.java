package guarantees;

import history.Anomaly.Kind;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lab.Running;
import story.Guarantee;
import story.Side;

/** 3. An offset is committed only after its order has its outcome: a kill -9 loses nothing. */
final class ProcessedAtLeastOnce extends Guarantee {
    private static final int PARTITIONS = 3;
    private static final int HANGING = 5;
    private static final int DONE = 2;

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
        side.send(IntStream.range(0, PARTITIONS).boxed().flatMap(partition -> Stream.of(
                side.orders(partition, "first-" + partition + "-", 1, "customer-r"), // retried, so that it is done last
                side.orders(partition, "hangs-" + partition + "-", HANGING, "customer-h"),
                side.orders(partition, "done-" + partition + "-", 1, "customer123"))).flatMap(List::stream).toList());
        String[] options = side.options("--instance-id", "one", "--handler-timeout", "600000");
        Running first = side.consumer("consumer-1", options);
        side.until("those are done that do not hang", () -> side.done() == DONE * PARTITIONS);
        side.until("what is done is committed",
                () -> side.lag() <= (side.isBroken() ? 0 : (HANGING + DONE - 1) * PARTITIONS));
        side.kill("consumer-1", first);
        side.bit(HANGING * PARTITIONS + " orders were being handled when it was killed, between others that were done");
        side.consumer("consumer-2", side.options("--instance-id", "one", "--no-failures"));
        side.until("it has caught up", () -> side.lag() == 0);
        return side.done() + " of " + (DONE + HANGING) * PARTITIONS + " orders done";
    }
}
