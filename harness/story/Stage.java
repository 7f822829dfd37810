package story;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import lab.Broker;

/** Where the story of a guarantee happens to both systems at the same time. */
public final class Stage {
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private Stage() {
    }

    /**
     * How both came out of it.
     *
     * @param took the time for both
     */
    public record Played(Guarantee guarantee, Verdict asBuilt, Verdict broken, Duration took) {
        public Verdict.Result asBuiltResult() {
            return asBuilt.asBuilt();
        }

        public Verdict.Result brokenResult() {
            return broken.broken(guarantee.anomaly(), guarantee.besides());
        }
    }

    /**
     * Plays it. If a side, or its broker, fails, its verdict says so.
     *
     * @param folder for the histories and logs of both
     */
    public static Played play(Guarantee guarantee, Broker broker, Path folder) {
        long began = System.nanoTime();
        List<Verdict> both;
        try {
            Guarantee.Brokers brokers = guarantee.brokers(broker, folder.resolve("brokers"));
            try {
                both = perform(guarantee, brokers, folder);
            } finally {
                Stream.of(brokers.asBuilt(), brokers.broken()).distinct().filter(own -> own != broker)
                        .forEach(Broker::close);
            }
        } catch (RuntimeException e) {
            both = Collections.nCopies(2, Verdict.cutShort("Its broker failed: " + message(e)));
        }
        return new Played(guarantee, both.getFirst(), both.getLast(), Duration.ofNanos(System.nanoTime() - began));
    }

    private static List<Verdict> perform(Guarantee guarantee, Guarantee.Brokers brokers, Path folder) {
        Meeting meeting = new Meeting();
        ExecutorService two = Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().factory());
        try {
            Future<Verdict> asBuilt = two.submit(
                    () -> perform(guarantee, brokers.asBuilt(), meeting, folder.resolve("as-built")));
            Future<Verdict> broken = two.submit(() -> perform(guarantee, brokers.broken(), meeting,
                    folder.resolve("broken"), guarantee.off().split(" ")));
            return List.of(verdict(asBuilt), verdict(broken));
        } finally {
            two.shutdownNow(); // what has not ended
        }
    }

    private static Verdict verdict(Future<Verdict> side) {
        try {
            return side.get(LONGEST.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            return Verdict.cutShort(message(e.getCause()));
        } catch (TimeoutException e) {
            return Verdict.cutShort("It had not ended after " + LONGEST.toMinutes() + " minutes.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Verdict.cutShort("It was interrupted.");
        }
    }

    private static Verdict perform(Guarantee guarantee, Broker broker, Meeting meeting, Path folder,
            String... switches) throws Exception {
        try (Side side = new Side(broker, meeting, folder, switches)) {
            try {
                guarantee.createTopic(side.lab().kafka(), side.lab().events);
                String summary = guarantee.happens(side);
                return side.verdict(summary, guarantee.allowed());
            } catch (Exception | AssertionError e) {
                meeting.leave(e);
                return side.cutShort(message(e) + "\n" + side.lab().tails(), guarantee.allowed());
            }
        }
    }

    private static String message(Throwable e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
