package bench.rows;

import bench.Contender;
import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.Row;
import bench.Track;
import java.util.ArrayList;
import java.util.List;

/** Do three consumers do three times the work of one, where waiting is the work? */
public final class Scaling implements Row {
    private static final int CONCURRENCY = 50;
    private static final int WORK_MS = 100;
    private static final int EACH = CONCURRENCY * 1000 / WORK_MS; // orders a second at best
    private static final int SECONDS_COLD = 4;
    private static final int SECONDS = 8;
    private static final int LEAST_SECONDS = 4;
    private static final int PARTITIONS = 3;

    @Override
    public String name() {
        return "scaling";
    }

    @Override
    public List<Figure> measure(Track track) {
        Rate one = rate(track, 1);
        Rate two = rate(track, 2);
        Rate three = rate(track, 3);
        return List.of(figure("one consumer", one, new Limit("concurrency / time", EACH), Asked.NOTHING),
                figure("two consumers", two, new Limit("one consumer", one.warm), Asked.NOTHING),
                figure("three consumers", three, new Limit("one consumer", one.warm), Asked.times(2.7)),
                Figure.cpu(name(), "three", three.cpu, "one consumer", one.cpu));
    }

    /** Orders a second, and seconds of CPU time for a million. */
    private record Rate(double warm, double cpu) {
    }

    private Figure figure(String what, Rate rate, Limit limit, Asked asked) {
        return new Figure(name(), what, rate.warm, "orders/s", limit, asked);
    }

    /** All of them have their partitions before there are orders: joining is not measured here. */
    private static Rate rate(Track track, int consumers) {
        String topic = track.topic();
        try (Contender group = track.consumer(consumers + " in the group", topic, track.outcomesOf(topic),
                String.valueOf(WORK_MS), "--concurrency", String.valueOf(CONCURRENCY))) {
            for (int i = 1; i < consumers; i++) {
                group.another();
            }
            group.untilAssigned(evenly(consumers));
            int seconds = SECONDS_COLD + Math.max(LEAST_SECONDS, track.scaled(SECONDS));
            track.load(topic, PARTITIONS * EACH * (seconds + 2)); // enough for a consumer of one partition
            int from = SECONDS_COLD * EACH * consumers;
            int to = seconds * EACH * consumers;
            group.until(to);
            return new Rate(group.rate(from, to), group.cpuSeconds(from, to));
        }
    }

    private static Integer[] evenly(int consumers) {
        List<Integer> partitions = new ArrayList<>();
        for (int i = 0; i < consumers; i++) {
            partitions.add((PARTITIONS + consumers - 1 - i) / consumers);
        }
        return partitions.toArray(Integer[]::new);
    }
}
