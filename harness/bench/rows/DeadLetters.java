package bench.rows;

import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.Median;
import bench.Orders;
import bench.Row;
import bench.Track;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import lab.Running;

/**
 * How long does it take to read a million dead letters in little memory: all of them, compared with a reader that does
 * nothing with them, and only the newest?
 */
public final class DeadLetters implements Row {
    private static final int LETTERS = 1_000_000;
    private static final String HEAP = "-Xmx128m";
    private static final int NEWEST = 20;
    private static final int MOST_MS = 2_000;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @Override
    public String name() {
        return "dlq";
    }

    @Override
    public List<Figure> measure(Track track) {
        int letters = track.scaled(LETTERS);
        String topic = track.topic();
        track.say("loading %,d dead letters".formatted(letters));
        Orders.loadDeadLetters(track.bootstrap(), topic, letters);
        String[] there = {"--bootstrap-server", track.bootstrap(), "--topic", topic};
        Supplier<Running> bare = () -> track.startIn(HEAP, "BareReader", there);
        Supplier<Running> stats = () -> track.startIn(HEAP, "DlqInspector", inspector("stats", there));
        Supplier<Running> list = () -> track.startIn(HEAP, "DlqInspector",
                inspector("list", there, "--limit", String.valueOf(NEWEST)));
        milliseconds(track, "not counted", bare);
        List<Double> bares = new ArrayList<>();
        List<Double> counted = new ArrayList<>();
        List<Double> lists = new ArrayList<>();
        for (int round = 0; round < track.rounds(); round++) {
            bares.add(milliseconds(track, "bare reader", bare));
            counted.add(milliseconds(track, "stats", stats));
            lists.add(milliseconds(track, "list", list));
        }
        return List.of(
                new Figure(name(), "stats, %s".formatted(HEAP), letters * 1000L / Median.of(counted, ms -> ms),
                        "letters/s", new Limit("bare reader", letters * 1000L / Median.of(bares, ms -> ms)),
                        Asked.share(0.60)),
                new Figure(name(), "list of the newest %d".formatted(NEWEST), Median.of(lists, ms -> ms), "ms",
                        new Limit("stats", Median.of(counted, ms -> ms)), Asked.atMost(MOST_MS)));
    }

    private static String[] inspector(String command, String[] there, String... more) {
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(List.of(there));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    /** From the start of the process to its end. */
    private static double milliseconds(Track track, String name, Supplier<Running> launcher) {
        long start = System.nanoTime();
        Running process = launcher.get();
        if (process.awaitExit(PATIENCE) != 0) {
            throw new IllegalStateException(process.tail());
        }
        double ms = Duration.ofNanos(System.nanoTime() - start).toMillis();
        track.say("%s: %,.0f ms".formatted(name, ms));
        return ms;
    }
}
