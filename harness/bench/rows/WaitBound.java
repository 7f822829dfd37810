package bench.rows;

import bench.Contender;
import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.Row;
import bench.Track;
import java.util.List;

/**
 * Does waiting cost anything but time? Orders wait for half a second each, two thousand at a time: the best rate is
 * concurrency / time.
 */
public final class WaitBound implements Row {
    private static final int CONCURRENCY = 2_000;
    private static final int WORK_MS = 500;
    private static final int WAVES_COLD = 10; // the JVM is cold, and then it catches up
    private static final int WAVES = 20;
    private static final int LEAST_WAVES = 6;
    private static final int WAVES_AFTER = 4; // not every slot has work

    @Override
    public String name() {
        return "wait-bound";
    }

    @Override
    public List<Figure> measure(Track track) {
        int from = WAVES_COLD * CONCURRENCY; // whole waves: orders that began together end together
        int to = from + Math.max(LEAST_WAVES, track.scaled(WAVES)) * CONCURRENCY;
        String topic = track.loaded(to + WAVES_AFTER * CONCURRENCY);
        try (Contender consumer = track.consumer("500 ms of waiting", topic, track.outcomesOf(topic),
                String.valueOf(WORK_MS), "--concurrency", String.valueOf(CONCURRENCY))) {
            double rate = consumer.until(to).rate(from, to);
            double cpu = consumer.cpuSeconds(from, to);
            consumer.close();
            double bare = track.contender("bare loop", "BareLoop", topic, track.outcomesOf(topic)).drain(to).cpu();
            return List.of(new Figure(name(), WORK_MS + " ms each, " + CONCURRENCY + " at a time", rate, "orders/s",
                    new Limit("concurrency / time", CONCURRENCY * 1000.0 / WORK_MS), Asked.share(0.85)),
                    Figure.cpu(name(), "the same", cpu, "bare loop, no wait", bare));
        }
    }
}
