package bench.rows;

import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.Median;
import bench.Row;
import bench.Track;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import lab.Api;
import lab.Running;

/**
 * How long does the API take from its start to its first order, once JBang has built it: with JBang, as a user starts
 * it, and without? The limit is the bare API, which also has to start a JVM, a server and a producer.
 */
public final class ApiStart implements Row {
    private static final String SCRIPT = "OrderApi";
    private static final int STARTS = 5;
    private static final int MOST_MS = 2_000;
    private static final int CREATED = 201;

    @Override
    public String name() {
        return "api-start";
    }

    @Override
    public List<Figure> measure(Track track) {
        String topic = track.topic();
        String[] options = track.orderApiOptions(topic, track.outcomesOf(topic), "--quiet");
        Supplier<Running> jbang = () -> track.jbang(SCRIPT, options);
        Supplier<Running> java = () -> track.start(SCRIPT, options);
        Supplier<Running> bare = () -> track.start("BareApi", track.bareApiOptions(topic));
        firstOrder(track, "not counted", jbang); // builds it, writes class data, and fills the system's caches
        List<Double> jbangs = new ArrayList<>();
        List<Double> javas = new ArrayList<>();
        List<Double> bares = new ArrayList<>();
        for (int start = 0; start < STARTS; start++) {
            jbangs.add(firstOrder(track, "./jbang", jbang));
            javas.add(firstOrder(track, "java", java));
            bares.add(firstOrder(track, "bare API", bare));
        }
        double direct = Median.of(javas, ms -> ms);
        return List.of(
                figure("./jbang, to the first 201", Median.of(jbangs, ms -> ms), new Limit("java alone", direct),
                        Asked.atMost(MOST_MS)),
                figure("java alone, to the first 201", direct, new Limit("bare API", Median.of(bares, ms -> ms)),
                        Asked.NOTHING));
    }

    private Figure figure(String what, double ms, Limit limit, Asked asked) {
        return new Figure(name(), what, ms, "ms", limit, asked);
    }

    /** Milliseconds from the start of the process to the response to its first order. */
    private static double firstOrder(Track track, String name, Supplier<Running> launcher) {
        long start = System.nanoTime();
        try (Running process = launcher.get()) {
            Api api = track.api(process);
            int status = api.post(Api.order("customer123")).status();
            double ms = Duration.ofNanos(System.nanoTime() - start).toMillis();
            if (status != CREATED) {
                throw new IllegalStateException(name + " answered its first order " + status);
            }
            track.say("%s: %,.0f ms".formatted(name, ms));
            return ms;
        }
    }
}
