package matrix;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import lab.Broker;

/**
 * Is there a moment at which a crash loses an order, or does one twice? Each script lives a short life, and the proxy
 * notes every request that it sends. Then it lives that life again and again, and is killed with -9 each time at
 * another one: before the broker has the request, and before the script has the answer. Each time it is started once
 * more, and has to finish what it began.
 */
public final class Matrix implements AutoCloseable {
    private final Path folder;
    private final BlockingQueue<Lane> idle = new LinkedBlockingQueue<>();
    private final List<Lane> lanes;

    /**
     * @param folder for histories and logs
     * @param width  how many lives at a time
     */
    public Matrix(Broker broker, Path folder, int width) {
        this.folder = folder;
        lanes = IntStream.range(0, width).parallel()
                .mapToObj(number -> new Lane(broker, folder.resolve("lane-" + number))).toList();
        idle.addAll(lanes);
    }

    /** All points in the life of a script, in the order in which it sends its requests. */
    public List<Point> points(Lives lives) throws Exception {
        Lane lane = idle.take();
        try {
            lane.trace(lives, folder(lives).resolve("warm-up")); // the first of all creates Kafka's own topics
            return Point.of(lane.trace(lives, folder(lives).resolve("traced")));
        } finally {
            idle.add(lane);
        }
    }

    /**
     * Kills a script at each of some points.
     *
     * @param each takes what was found, as soon as it is known, in a thread of its own
     * @return what was found, in the order of the points
     */
    public List<Found> kill(Lives lives, List<Point> points, Consumer<Found> each) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(lanes.size())) {
            ExecutorCompletionService<Found> done = new ExecutorCompletionService<>(threads);
            List<Future<Found>> all = points.stream()
                    .map(point -> done.submit(() -> kill(lives, point))).toList();
            for (int i = 0; i < points.size(); i++) {
                each.accept(done.take().get());
            }
            return all.stream().map(Future::resultNow).toList();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private Found kill(Lives lives, Point point) throws Exception {
        Lane lane = idle.take();
        try {
            return lane.kill(lives, point, folder(lives).resolve(point.toString().replaceAll("[ #]", "-")));
        } finally {
            idle.add(lane);
        }
    }

    /** Every n-th of some points, from the first one on; before and after requests in turns. */
    public static List<Point> every(int n, List<Point> points) {
        int moments = Math.min(n, Point.Moment.values().length);
        return IntStream.range(0, points.size()).filter(i -> i % n == i / n % moments).mapToObj(points::get).toList();
    }

    private Path folder(Lives lives) {
        return folder.resolve(lives.name().toLowerCase().replace('_', '-'));
    }

    @Override
    public void close() {
        lanes.forEach(Lane::close);
    }
}
