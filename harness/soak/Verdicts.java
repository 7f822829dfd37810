package soak;

import history.Anomaly;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import lab.Repo;

/** Runs a soak, says how it came out, and shrinks what has failed. */
public final class Verdicts {
    /** The exit code if something is wrong. */
    public static final int VIOLATION = 1;

    private static final int INCONCLUSIVE = 2;
    private static final int AFTER = 10; // ticks after the last fault of a plan that is given
    private static final int MOST_SHOWN = 3;

    private final Mode mode;
    private final long seed;
    private final int rate;
    private final Progress progress;
    private final Path folder;
    private int runs;

    /** @param folder for the files of all runs */
    public Verdicts(Mode mode, long seed, int rate, Progress progress, Path folder) {
        this.mode = mode;
        this.seed = seed;
        this.rate = rate;
        this.progress = progress;
        this.folder = folder;
    }

    /**
     * Runs.
     *
     * @param given the faults; null for those of the seed
     * @param ticks how long, unless they are given
     * @return the exit code: 0 if nothing is wrong, 1 if something is, 2 if the run was too easy or could not be played
     */
    public int run(List<Disruption> given, int ticks, double shrinkMinutes) throws IOException {
        int length = given == null ? ticks : Plan.end(given) + AFTER;
        progress.say("begin", "Seed @|bold %d|@, %s, %d orders/s, for %d s of faults. History and logs: %s"
                        .formatted(seed, mode, rate, length, Repo.root().relativize(folder)),
                Map.of("seed", seed, "mode", mode.toString(), "rate", rate, "ticks", length));
        Soaking.Result result;
        try {
            result = once(given == null ? tick -> Plan.at(seed, tick) : of(given), length);
        } catch (IllegalStateException e) { // it could not begin, or not be undone: nothing is known
            progress.say("verdict", "@|yellow inconclusive|@: " + e.getMessage(),
                    Map.of("verdict", "inconclusive", "why", String.valueOf(e.getMessage())));
            return INCONCLUSIVE;
        }
        say(result, given != null);
        if (!result.anomalies().isEmpty()) {
            violation(result);
            if (shrinkMinutes > 0) {
                shrink(given == null ? Plan.soon(result.suspects()) : given, result, shrinkMinutes);
            }
            return VIOLATION;
        }
        return given != null || missing(result).isEmpty() ? 0 : INCONCLUSIVE;
    }

    private Soaking.Result once(IntFunction<List<Disruption>> plan, int ticks) throws IOException {
        return new Soaking(mode, seed, rate, progress).run(folder.resolve("run-" + ++runs), plan, ticks);
    }

    private static IntFunction<List<Disruption>> of(List<Disruption> plan) {
        return tick -> plan.stream().filter(one -> one.from() == tick).toList();
    }

    // --- what is said ---------------------------------------------------------------------------------------------

    private List<Sometimes> missing(Soaking.Result result) {
        return Arrays.stream(Sometimes.values()).filter(one -> one.isAskedOf(mode, result.ticks()))
                .filter(one -> result.counts().get(one) == 0).toList();
    }

    private void say(Soaking.Result result, boolean given) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("seed", seed);
        fields.put("orders", result.orders());
        fields.put("faults", result.disruptions());
        fields.put("ended_by_themselves", result.ended());
        result.counts().forEach((what, count) -> fields.put(what.name().toLowerCase(), count));
        fields.put("anomalies", Progress.kinds(result.anomalies()));
        String counts = Arrays.stream(Sometimes.values()).map(one -> "%n%8d %s%s".formatted(result.counts().get(one),
                one, given || one.isAskedOf(mode, result.ticks()) ? "" : mode.transactional()
                        || one != Sometimes.ABORTED && one != Sometimes.FENCED ? " (not asked of so short a run)"
                        : " (not asked of manual commits)")).collect(Collectors.joining());
        progress.say("result", "%n%d orders, %d faults in %d s%s%s".formatted(result.orders(), result.disruptions(),
                result.ticks(), result.ended() == 0 ? "" : ", " + result.ended() + " scripts ended by themselves",
                counts), fields);
        if (result.anomalies().isEmpty()) {
            List<Sometimes> missing = given ? List.of() : missing(result);
            progress.say("verdict", missing.isEmpty() ? "@|green nothing is wrong|@"
                            : "@|yellow inconclusive: too easy, as there were none of these: " + missing + "|@",
                    Map.of("verdict", missing.isEmpty() ? "right" : "inconclusive"));
        }
    }

    private void violation(Soaking.Result result) {
        for (Anomaly anomaly : result.anomalies().stream().limit(MOST_SHOWN).toList()) {
            List<String> story = OrderStory.of(anomaly, result.history(), result.read());
            progress.say("violation", "%n@|red,bold %s|@ %s%n%s".formatted(anomaly.kind(), anomaly.sentence(),
                            String.join("\n", story)),
                    Map.of("kind", anomaly.kind(), "sentence", anomaly.sentence(), "story", story, "seed", seed));
        }
        progress.say("seed", "%nSeed %d; faults since the last check: %s".formatted(seed,
                Plan.text(result.suspects())), Map.of("seed", seed, "faults", Plan.text(result.suspects())));
    }

    // --- shrinking ------------------------------------------------------------------------------------------------

    private void shrink(List<Disruption> plan, Soaking.Result first, double minutes) {
        Set<Anomaly.Kind> kinds = Progress.kinds(first.anomalies()).keySet();
        long deadline = System.nanoTime() + Duration.ofMillis((long) (minutes * 60_000)).toNanos();
        progress.say("shrinking", "%nRuns it again with fewer faults, for %.0f minutes at most.".formatted(minutes),
                Map.of("minutes", minutes));
        List<Soaking.Result> failed = new ArrayList<>();
        List<Disruption> left = Plan.soon(Shrink.shrink(plan, some -> {
            List<Disruption> fewer = Plan.soon(some);
            try {
                Soaking.Result result = once(of(fewer), Plan.end(fewer) + AFTER);
                boolean same = result.anomalies().stream().anyMatch(one -> kinds.contains(one.kind()));
                if (same) {
                    failed.add(result);
                }
                progress.say("tried", (same ? "@|red still fails|@ with " : "passes with ") + fewer.size()
                        + " faults: " + Plan.text(fewer), Map.of("fails", same, "faults", Plan.text(fewer)));
                return same;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (IllegalStateException e) {
                return false; // nothing is known
            }
        }, () -> System.nanoTime() < deadline));
        if (!failed.isEmpty()) {
            violation(failed.getLast());
        }
        String command = "./jbang harness/Soak.java --seed %d --commit %s --rate %d --faults '%s'".formatted(seed,
                mode.commit(), rate, Plan.text(left));
        progress.say("shrunk", "%n%d of %d faults are left%s. To play it again:%n  %s".formatted(left.size(),
                        plan.size(), failed.isEmpty() ? ": it did not fail again, and may need luck" : "", command),
                Map.of("faults", Plan.text(left), "command", command, "again", !failed.isEmpty()));
    }
}
