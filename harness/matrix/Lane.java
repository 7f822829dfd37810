package matrix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import lab.Broker;
import lab.Lab;
import lab.Proxy;
import lab.Running;
import story.Side;
import story.Verdict;

/** Where one script is killed after the other: a proxy that stops it at a point, and clients that look at Kafka. */
final class Lane implements AutoCloseable {
    static final String FIRST = "the first life";
    private static final String SECOND = "the second life";
    private static final Duration PATIENCE = Duration.ofSeconds(45);
    private static final Duration NEXT_PERIOD = Duration.ofSeconds(2); // fetches and heartbeats come more often
    private static final int LOOK_MS = 15;
    private static final int MOST_TRIES = 3;

    private final Lab lab;
    private final Proxy proxy;

    /** @param folder for its logs */
    Lane(Broker broker, Path folder) {
        lab = new Lab(broker, folder);
        proxy = Proxy.before(lab);
    }

    // --- a life without a fault -----------------------------------------------------------------------------------

    /** All requests of a life from its start to its end, after which nothing is wrong. */
    List<Request> trace(Lives lives, Path folder) throws Exception {
        try (Side side = Side.alone(lab.broker(), lab.kafka(), folder)) {
            Life life = lives.in(side);
            life.prepare();
            int before = traced().size();
            Running script = life.start(FIRST, proxy.bootstrap());
            until("the work is done", () -> life.isDone());
            int atWork = traced().size();
            script.terminate();
            until("it has stopped", () -> !script.alive());
            Verdict verdict = life.verdict();
            if (!verdict.anomalies().isEmpty()) {
                throw new IllegalStateException(lives.title() + " does wrong without a crash: " + verdict.anomalies());
            }
            List<String> traced = traced();
            return Request.of(traced.subList(before, atWork), traced.subList(atWork, traced.size()));
        }
    }

    private List<String> traced() {
        return proxy.lines("");
    }

    // --- a life that ends at a point ------------------------------------------------------------------------------

    /** Kills a script at a point, starts it again and looks at what is there in the end. */
    Found kill(Lives lives, Point point, Path folder) throws IOException {
        Found found;
        int tries = 0;
        do {
            tries++;
            found = tryOnce(lives, point, tries, folder.resolve(String.valueOf(tries)));
        } while (!found.reached() && tries < MOST_TRIES);
        if (found.reached() && !found.isWrong()) {
            delete(folder);
        }
        return found;
    }

    private Found tryOnce(Lives lives, Point point, int tries, Path folder) throws IOException {
        try (Side side = Side.alone(lab.broker(), lab.kafka(), folder)) {
            Life life = lives.in(side);
            life.prepare();
            proxy.command(point.command());
            Running script = life.start(FIRST, proxy.bootstrap());
            boolean reached = isReached(point.request(), life, script);
            life.kill();
            proxy.command("drop", "heal");
            if (!reached) {
                return new Found(point, false, tries, List.of(), false, null, folder);
            }
            try {
                finish(life);
                Verdict verdict = life.verdict();
                return new Found(point, true, tries, verdict.anomalies(), life.repeats(), null, folder);
            } catch (Exception e) { // it hangs, or ends with an error
                return new Found(point, true, tries, List.of(), false, String.valueOf(e.getMessage()), folder);
            }
        }
    }

    /** Lets the script live, to its end if need be, until the proxy holds its request or the answer. */
    private boolean isReached(Request request, Life life, Running script) {
        wait(PATIENCE, () -> isHeld() || life.isDone() || !script.alive());
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
    private void finish(Life life) throws TimeoutException {
        Running script = life.start(SECOND, lab.broker().bootstrap());
        life.goOn();
        until("the second life has done everything", life::isDone);
        if (script.alive()) {
            life.kill();
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
