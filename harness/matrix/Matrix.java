package matrix;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lab.Broker;
import lab.Kafka;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Is there a moment at which a crash loses an order, or does one twice? Each script lives a short life, and the proxy
 * notes every request that it sends. Then it lives that life again and again, and is killed with -9 each time at
 * another one: before the broker has the request, and before the script has the answer. Each time it is started once
 * more, and has to finish what it began.
 */
public final class Matrix implements AutoCloseable {
    private static final int LONGEST_LOOP = 8;

    private final Path folder;
    private final BlockingQueue<Lane> idle = new LinkedBlockingQueue<>();
    private final List<Lane> lanes;

    /**
     * @param folder for histories and logs
     * @param width  how many lives at a time
     */
    public Matrix(Broker broker, Path folder, int width) {
        this.folder = folder;
        createKafkasOwnTopics(broker);
        lanes = IntStream.range(0, width).parallel()
                .mapToObj(number -> new Lane(broker, folder.resolve("lane-" + number))).toList();
        idle.addAll(lanes);
    }

    /** A script that is the first to need them sends more requests than all others. */
    private static void createKafkasOwnTopics(Broker broker) {
        Map<String, Object> settings = new HashMap<>(broker.client());
        settings.put("transactional.id", UUID.randomUUID().toString());
        try (var kafka = new Kafka(broker.client());
                var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            kafka.committed("any", "any");
            producer.initTransactions();
        }
    }

    /** All points in the life of a script, in the order in which it sends its requests. */
    public List<Point> points(Lives lives) throws Exception {
        Lane lane = idle.take();
        try {
            return Point.of(lane.trace(lives, folder(lives).resolve("traced")));
        } finally {
            idle.add(lane);
        }
    }

    /**
     * Kills a script at each of some points.
     *
     * @param each takes what was found, as soon as it is known
     * @return what was found, in the order of the points
     */
    public List<Found> kill(Lives lives, List<Point> points, Consumer<Found> each) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(lanes.size())) {
            ExecutorCompletionService<List<Found>> done = new ExecutorCompletionService<>(threads);
            List<Future<List<Found>>> all = loops(points).stream()
                    .map(loop -> done.submit(() -> killIn(lives, loop))).toList();
            try {
                for (int i = 0; i < all.size(); i++) {
                    done.take().get().forEach(each);
                }
            } catch (ExecutionException | InterruptedException e) {
                threads.shutdownNow(); // what has not begun need not begin
                throw e;
            }
            return all.stream().flatMap(loop -> loop.resultNow().stream()).toList();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /**
     * As long as a script has changed nothing in Kafka, a crash leaves everything as it was. So these crashes happen in
     * the same topics, one after the other, and only then the script may finish.
     */
    private static List<List<Point>> loops(List<Point> points) {
        List<Point> unchanged = points.stream().filter(point -> !point.changed()).toList();
        return Stream.concat(
                IntStream.range(0, (unchanged.size() + LONGEST_LOOP - 1) / LONGEST_LOOP).mapToObj(i ->
                        unchanged.subList(i * LONGEST_LOOP, Math.min((i + 1) * LONGEST_LOOP, unchanged.size()))),
                points.stream().filter(Point::changed).map(List::of)).toList();
    }

    private List<Found> killIn(Lives lives, List<Point> loop) throws Exception {
        Lane lane = idle.take();
        try {
            return lane.kill(lives, loop, folder(lives).resolve(loop.getFirst().toString().replaceAll("[ #]", "-")));
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
