package story;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import lab.Broker;

/** Where the story of a guarantee happens to both systems at the same time. */
public final class Stage {
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

    /** @param folder for the histories and logs of both */
    public static Played play(Guarantee guarantee, Broker broker, Path folder) {
        long began = System.nanoTime();
        Guarantee.Brokers brokers = guarantee.brokers(broker, folder.resolve("brokers"));
        Meeting meeting = new Meeting(2);
        try (ExecutorService two = Executors.newFixedThreadPool(2)) {
            Future<Verdict> asBuilt = two.submit(
                    () -> perform(guarantee, brokers.asBuilt(), meeting, folder.resolve("as-built"),
                            Listener.NONE));
            Future<Verdict> broken = two.submit(() -> perform(guarantee, brokers.broken(), meeting,
                    folder.resolve("broken"), Listener.NONE, guarantee.off().split(" ")));
            return new Played(guarantee, asBuilt.get(), broken.get(), Duration.ofNanos(System.nanoTime() - began));
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(guarantee.question() + " " + e.getMessage(), e);
        } finally {
            Stream.of(brokers.asBuilt(), brokers.broken()).distinct().filter(own -> own != broker)
                    .forEach(Broker::close);
        }
    }

    /** Plays it to the system as built alone, on this broker, while somebody listens. */
    public static Verdict playAsBuilt(Guarantee guarantee, Broker broker, Path folder, Listener listener)
            throws Exception {
        return perform(guarantee, broker, new Meeting(1), folder, listener);
    }

    private static Verdict perform(Guarantee guarantee, Broker broker, Meeting meeting, Path folder, Listener listener,
            String... switches) throws Exception {
        try (Side side = new Side(broker, meeting, folder, listener, switches)) {
            try {
                guarantee.createTopic(side.lab().kafka(), side.lab().events);
                String summary = guarantee.happens(side);
                return side.verdict(summary, guarantee.allowed());
            } catch (Exception e) {
                meeting.leave(e);
                throw new IllegalStateException((side.isBroken() ? guarantee.off() : "as built") + ": "
                        + e.getMessage() + "\n" + side.lab().tails(), e);
            }
        }
    }
}
