package matrix;

import history.Anomaly;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import lab.Broker;
import lab.Lab;
import lab.Proxy;
import lab.Running;
import story.Side;

/** Where one script is killed after the other: a proxy that stops it at a point, and clients that look at Kafka. */
final class Lane implements AutoCloseable {
    static final String FIRST = "the first life";
    private static final String SECOND = "the second life";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration NEXT_PERIOD = Duration.ofSeconds(2); // fetches and heartbeats come more often
    private static final int LOOK_MS = 50;
    private static final int MOST_TRIES = 5;

    private final Lab lab;
    private final Proxy proxy;

    /** @param folder for its logs */
    Lane(Broker broker, Path folder) {
        lab = new Lab(broker, folder);
        proxy = Proxy.before(lab);
    }

    // --- a life without a fault -----------------------------------------------------------------------------------

    /** All requests of a life from its start to its end. */
    List<Request> trace(Lives lives, Path folder) throws IOException, TimeoutException {
        try (Side side = Side.alone(lab.broker(), lab.kafka(), folder)) {
            Life life = lives.in(side);
            life.prepare();
            int before = traced().size();
            Running script = life.start(FIRST, proxy.bootstrap());
            until("the work is done", () -> life.isDone());
            int atWork = traced().size();
            script.terminate();
            until("it has stopped", () -> !script.alive());
            List<String> traced = traced();
            return Request.of(traced.subList(before, atWork), traced.subList(atWork, traced.size()));
        }
    }

    private List<String> traced() {
        return proxy.lines("");
    }

    // --- a life that ends at a point ------------------------------------------------------------------------------

    /**
     * Kills a script at one point after the other in the same topics, starts it again and looks at what is there in the
     * end. A point that is not reached is tried again, in topics of its own.
     *
     * @param loop one point, or several that leave Kafka as it was
     */
    List<Found> kill(Lives lives, List<Point> loop, Path folder) throws IOException {
        List<Found> found = new ArrayList<>();
        int tries = 1; // for the first point that is left
        for (int number = 1; found.size() < loop.size(); number++) {
            List<Point> left = loop.subList(found.size(), loop.size());
            List<Found> now = tryOnce(lives, left, tries, folder.resolve(String.valueOf(number)));
            if (now.isEmpty() && tries == MOST_TRIES) {
                now = List.of(new Found(left.getFirst(), false, tries, List.of(), false, null, folder));
            }
            found.addAll(now);
            tries = now.isEmpty() ? tries + 1 : 1;
        }
        if (found.stream().allMatch(one -> one.reached() && !one.isWrong())) {
            delete(folder);
        }
        return found;
    }

    /** What was found at those points that were reached, up to the first one that was not. */
    private List<Found> tryOnce(Lives lives, List<Point> loop, int tries, Path folder) throws IOException {
        try (Side side = Side.alone(lab.broker(), lab.kafka(), folder)) {
            Life life = lives.in(side);
            life.prepare();
            List<Point> reached = loop.stream().takeWhile(point -> isKilledAt(point, life)).toList();
            if (reached.isEmpty()) {
                return List.of();
            }
            List<Anomaly> anomalies = List.of();
            String stuck = null;
            try {
                finish(life, side);
                anomalies = life.verdict().anomalies();
            } catch (Exception e) { // it hangs, or ends with an error
                stuck = String.valueOf(e.getMessage());
            }
            boolean repeats = stuck == null && life.repeats();
            List<Found> found = new ArrayList<>();
            for (Point point : reached) {
                found.add(new Found(point, true, found.isEmpty() ? tries : 1, anomalies, repeats, stuck, folder));
            }
            return found;
        }
    }

    private boolean isKilledAt(Point point, Life life) {
        proxy.command(point.command());
        Running script = life.start(FIRST, proxy.bootstrap());
        boolean reached = isReached(point.request(), life, script);
        life.kill();
        proxy.command("drop", "heal");
        return reached;
    }

    /** Lets the script live, to its end if need be, until the proxy holds its request or the answer. */
    private boolean isReached(Request request, Life life, Running script) {
        wait(PATIENCE, () -> isHeld() || !script.alive() || life.isDone());
        if (request.atWork()) {
            wait(NEXT_PERIOD, () -> isHeld() || !script.alive());
        }
        if (!isHeld()) {
            script.terminate();
            wait(PATIENCE, () -> isHeld() || !script.alive());
        }
        return isHeld();
    }

    private boolean isHeld() {
        return proxy.command().lines().anyMatch(line -> line.startsWith("held "));
    }

    /** Starts it again, and lets it do everything. */
    private void finish(Life life, Side side) throws TimeoutException {
        Running script = life.start(SECOND, lab.broker().bootstrap());
        life.goOn();
        until("the second life has done everything", life::isDone);
        if (script.alive()) {
            side.stop(SECOND, script);
        }
    }

    // --- waiting --------------------------------------------------------------------------------------------------

    private static void until(String what, BooleanSupplier holds) throws TimeoutException {
        if (!wait(PATIENCE, holds)) {
            throw new TimeoutException("not within " + PATIENCE.toSeconds() + " s: " + what);
        }
    }

    private static boolean wait(Duration atMost, BooleanSupplier holds) {
        long end = System.nanoTime() + atMost.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            try {
                Thread.sleep(LOOK_MS);
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted", e);
            }
        }
        return true;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted((one, other) -> other.compareTo(one)).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    @Override
    public void close() {
        lab.close();
    }
}
