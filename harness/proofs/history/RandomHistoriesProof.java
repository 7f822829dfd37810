package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;

import history.Anomaly;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The checker raises no false alarm: an API, a consumer with transactions and a replay, simulated with answers lost,
 * crashes and retention from a seed, show nothing; with a bug they show what that bug may lead to. No Kafka.
 */
@Tag("check")
class RandomHistoriesProof {
    private static final int HISTORIES = 1_000;
    private static final int STEPS = 40;

    enum Bug {
        NONE(),
        COMMITS_FIRST(Anomaly.Kind.AHEAD),
        DROPS_A_RECORD(Anomaly.Kind.NO_FATE),
        FORGETS_WHAT_IT_DID(Anomaly.Kind.TWICE),
        REVERSES_A_BATCH(Anomaly.Kind.WRONG_ORDER, Anomaly.Kind.NO_FATE), // done first, the second is not a duplicate
        CUTS_A_DEAD_LETTER(Anomaly.Kind.ALTERED),
        LOSES_THE_UNREAD(Anomaly.Kind.SKIPPED);

        private final Set<Anomaly.Kind> effects = EnumSet.noneOf(Anomaly.Kind.class);

        Bug(Anomaly.Kind... effects) {
            Collections.addAll(this.effects, effects);
        }
    }

    @ParameterizedTest
    @EnumSource
    void onlyABugShows(Bug bug) {
        Set<Anomaly.Kind> found = IntStream.range(0, HISTORIES).boxed().flatMap(seed -> {
            List<Anomaly> anomalies = new Simulation(bug, seed).run().anomalies();
            assertThat(anomalies).as("seed " + seed).allMatch(anomaly -> bug.effects.contains(anomaly.kind()));
            return anomalies.stream();
        }).map(Anomaly::kind).collect(Collectors.toSet());
        assertThat(found).isEqualTo(bug.effects);
    }

    static final class Simulation {
        private final Bug bug;
        private final Random random;
        private final HandWritten story = new HandWritten();
        private final TreeMap<Long, String> log = new TreeMap<>();
        private final Map<String, Long> inThisLife = new HashMap<>(); // what the API knows
        private final Map<String, String> processed = new HashMap<>();
        private final List<String> deadLetters = new ArrayList<>();
        private int writers = 1;
        private long end;
        private long committed;
        private long start;

        Simulation(Bug bug, int seed) {
            this.bug = bug;
            random = new Random(seed);
        }

        HandWritten run() {
            story.by("api-1");
            for (int i = 0; i < STEPS; i++) {
                switch (random.nextInt(11)) {
                    case 0, 1, 2, 3, 4 -> request("n" + random.nextInt(6), chance(5) ? "2" : "1");
                    case 5 -> restartTheApi();
                    case 6, 7, 8 -> consume(1 + random.nextInt(4), chance(3));
                    case 9 -> replay();
                    default -> retention();
                }
            }
            consume(Integer.MAX_VALUE, false);
            return story.committed(committed).after(60);
        }

        private void request(String name, String content) {
            String id = name + "/" + content;
            if (inThisLife.containsKey(id)) {
                answer(id, inThisLife.get(id));
            } else if (inThisLife.keySet().stream().anyMatch(other -> other.startsWith(name + "/")) || chance(5)) {
                story.refused(id);
            } else if (chance(5)) {
                story.unknown(id); // and not written
            } else {
                answer(id, end);
                inThisLife.put(id, write(id));
            }
        }

        private void answer(String id, long offset) {
            if (chance(3)) {
                story.unknown(id);
            } else {
                story.accepted(id, offset);
            }
        }

        private long write(String id) {
            long offset = end;
            end += 1 + random.nextInt(2); // a gap, as a transaction's marker leaves one
            story.record(id, offset);
            log.put(offset, id);
            return offset;
        }

        private void restartTheApi() {
            story.by("writer-" + ++writers);
            inThisLife.clear();
        }

        private void consume(int most, boolean crashes) {
            List<Long> batch = new ArrayList<>(log.tailMap(committed).keySet().stream().limit(most).toList());
            long next = batch.isEmpty() ? committed : batch.getLast() + 1;
            if (crashes) {
                return; // its transaction is aborted
            }
            if (bug == Bug.COMMITS_FIRST && chance(4)) {
                story.sampled(next);
            }
            if (bug == Bug.REVERSES_A_BATCH && chance(4)) {
                Collections.reverse(batch);
            }
            batch.stream().filter(offset -> bug != Bug.DROPS_A_RECORD || !chance(10)).forEach(this::process);
            committed = next;
            story.sampled(committed);
        }

        private void process(long offset) {
            String id = log.get(offset);
            String name = id.substring(0, id.indexOf('/'));
            String before = bug == Bug.FORGETS_WHAT_IT_DID && chance(4) ? null : processed.get(name);
            if (id.equals(before)) {
                return;
            }
            if (before != null) {
                story.conflict(id, offset);
                deadLetters.add(id);
            } else if (chance(6)) {
                story.deadLetter(id, offset, bug == Bug.CUTS_A_DEAD_LETTER && chance(4) ? "" : "bytes of " + id);
                deadLetters.add(id);
            } else {
                story.outcome(id, offset);
                processed.put(name, id);
            }
        }

        private void replay() {
            if (!deadLetters.isEmpty()) {
                restartTheApi(); // what comes next has another writer than what was before
                String id = deadLetters.removeFirst();
                answer(id, end);
                write(id);
                restartTheApi();
            }
        }

        private void retention() {
            start = Math.max(start, bug == Bug.LOSES_THE_UNREAD && chance(4)
                    ? Math.min(end, committed + random.nextInt(4)) : committed - random.nextInt(4));
            log.headMap(start).clear();
            story.removedBefore(start).sampled(committed);
        }

        private boolean chance(int oneIn) {
            return random.nextInt(oneIn) == 0;
        }
    }
}
