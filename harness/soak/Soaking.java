package soak;

import history.Anomaly;
import history.Checker;
import history.Event;
import history.FinalRead;
import history.History;
import history.Recorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.apache.kafka.common.KafkaException;
import story.Witness;

/**
 * One run. Ticks of a second pass, and disruptions with them, while clients place orders. After each minute all is
 * undone, half of the operations whose result is unknown are repeated, the committed offsets reach the ends, and two
 * reads agree: then the checker says what is wrong since the beginning. If nothing is, the run goes on.
 */
public final class Soaking {
    private static final Duration SAMPLE = Duration.ofMillis(250);
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration POSITIONS = Duration.ofSeconds(120); // a replay's transaction may be open for 60 s
    private static final int GROUP = 10; // ticks a line of progress
    private static final int BETWEEN_CHECKS = 60; // ticks

    private final Mode mode;
    private final long seed;
    private final int rate;
    private final Progress progress;

    /** @param rate orders a second */
    public Soaking(Mode mode, long seed, int rate, Progress progress) {
        this.mode = mode;
        this.seed = seed;
        this.rate = rate;
        this.progress = progress;
    }

    /**
     * How a run came out.
     *
     * @param anomalies what is wrong; the run ended there
     * @param suspects  the disruptions since the check before
     * @param counts    of what has to happen now and then
     * @param ended     how many scripts ended by themselves
     */
    public record Result(List<Anomaly> anomalies, History history, FinalRead read, List<Disruption> suspects,
            Map<Sometimes, Long> counts, long orders, int disruptions, int ticks, int ended) {
    }

    /**
     * Runs.
     *
     * @param folder for the history and the logs
     * @param plan   what begins at a tick
     */
    public Result run(Path folder, IntFunction<List<Disruption>> plan, int ticks) throws IOException {
        Files.createDirectories(folder);
        try (Recorder recorder = new Recorder(folder.resolve("history.jsonl"));
                Subject subject = new Subject(folder, recorder, mode, seed);
                Witness witness = new Witness(subject.lab(), recorder);
                Clients clients = new Clients(subject, recorder, seed, rate)) {
            witness.watchOffsets(SAMPLE);
            awaitApis(subject);
            List<Disruption> active = new ArrayList<>();
            List<Disruption> suspects = new ArrayList<>();
            List<Disruption> group = new ArrayList<>();
            int disruptions = 0;
            int ended = 0;
            for (int tick = 0; ; ) {
                clients.resume();
                int check = Math.min(ticks, tick + BETWEEN_CHECKS);
                suspects.clear();
                long next = System.nanoTime();
                for (; tick < check; tick++) {
                    int now = tick;
                    active.stream().filter(one -> one.to() == now).forEach(subject::end);
                    active.removeIf(one -> one.to() == now);
                    List<Disruption> begin = plan.apply(tick);
                    begin.forEach(subject::begin);
                    active.addAll(begin);
                    suspects.addAll(begin);
                    group.addAll(begin);
                    disruptions += begin.size();
                    for (Map.Entry<String, String> one : subject.restartEnded().entrySet()) {
                        ended++;
                        progress.ended(tick, one.getKey(), one.getValue());
                    }
                    next += TICK.toNanos();
                    sleepUntil(next);
                    if ((tick + 1) % GROUP == 0 || tick + 1 == check) {
                        progress.ticks(tick / GROUP * GROUP, tick + 1, clients.placed(), group);
                        group.clear();
                    }
                }
                active.forEach(subject::end);
                active.clear();
                long began = System.nanoTime();
                subject.heal();
                clients.pause();
                clients.repeatHalfOfTheUnknown();
                List<Anomaly> anomalies = new ArrayList<>(awaitPositions(witness));
                FinalRead read = witness.settled(mode.allowed());
                History history = recorder.history();
                anomalies.addAll(Checker.check(history, read, mode.allowed()));
                progress.checked(tick, read.records().size(), read.fates().size(), anomalies,
                        Duration.ofNanos(System.nanoTime() - began).toSeconds());
                if (!anomalies.isEmpty() || tick == ticks) {
                    read.write(folder.resolve("final.json"));
                    return new Result(anomalies, history, read, List.copyOf(suspects),
                            Sometimes.count(history, subject.lab()), clients.placed(), disruptions, tick, ended);
                }
            }
        }
    }

    private static void awaitApis(Subject subject) {
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (subject.apis().size() < Mode.APIS) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the APIs do not listen\n" + subject.lab().tails());
            }
            sleepUntil(System.nanoTime() + Duration.ofMillis(100).toNanos());
        }
    }

    /**
     * Waits until no transaction is open, and the committed offset of each partition is beyond its last record. It may
     * never be at the end of the log, where the marker of a transaction may be.
     *
     * @return what is wrong if it takes too long
     */
    private static List<Anomaly> awaitPositions(Witness witness) {
        long deadline = System.nanoTime() + POSITIONS.toNanos();
        while (true) {
            boolean stable = false;
            List<Event.Record> beyond = List.of();
            try {
                stable = witness.isStable();
                FinalRead read = witness.read();
                beyond = read.records().stream().filter(record -> record.place().offset()
                        >= read.committed().getOrDefault(record.place().partition(), 0L)).toList();
            } catch (KafkaException | IllegalStateException e) {
                stable = false; // a partition has no leader yet
            }
            if (stable && beyond.isEmpty()) {
                return List.of();
            }
            if (System.nanoTime() > deadline) {
                return List.of(new Anomaly(Anomaly.Kind.STALLED, (beyond.isEmpty()
                        ? "A transaction is still open, or a partition has no leader, "
                        : beyond.size() + " records, the first at " + beyond.getFirst().place()
                                + ", are not committed, ") + POSITIONS.toSeconds() + " s after all was undone.",
                        beyond.stream().map(Event.Record::id).limit(1).toList(),
                        List.copyOf(beyond.subList(0, Math.min(1, beyond.size())))));
            }
            sleepUntil(System.nanoTime() + TICK.toNanos() / 2);
        }
    }

    private static void sleepUntil(long time) {
        try {
            Thread.sleep(Duration.ofNanos(Math.max(0, time - System.nanoTime())));
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }
}
