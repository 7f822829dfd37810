package history;

import history.Anomaly.Kind;
import history.Event.DeadLetter;
import history.Event.Fate;
import history.Event.Offsets;
import history.Event.Outcome;
import history.Event.Record;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** What is wrong with what was done with the records. What each name means says {@link Anomaly.Kind}. */
final class FateRules {
    private final Facts facts;

    FateRules(Facts facts) {
        this.facts = facts;
    }

    Stream<Anomaly> noFate() {
        return unsettled().filter(record -> facts.passed(record.place()) && !facts.skipped(record.place()))
                .map(record -> anomaly(Kind.NO_FATE, List.of(record),
                        "%s at %s was passed by the committed offset %d, and has neither an outcome nor a dead letter",
                        record.id(), record.place(), facts.read.committed().get(record.place().partition())));
    }

    Stream<Anomaly> twice() {
        return Stream.concat(
                facts.outcomesByName().values().stream().filter(outcomes -> outcomes.size() > 1)
                        .map(outcomes -> anomaly(Kind.TWICE, outcomes, "%s has %d outcomes: at %s",
                                outcomes.getFirst().id(), outcomes.size(), Checker.places(outcomes))),
                facts.fatesBySource().entrySet().stream()
                        .filter(each -> each.getValue().size() > 1
                                && each.getValue().stream().anyMatch(DeadLetter.class::isInstance))
                        .map(each -> anomaly(Kind.TWICE, each.getValue(), "The record at %s has %d fates: %s",
                                each.getKey(), each.getValue().size(), each.getValue().stream()
                                        .map(fate -> Checker.name(fate) + " at " + fate.place())
                                        .collect(Collectors.joining(", ")))));
    }

    Stream<Anomaly> wrongOrder() {
        return Stream.concat(reversed(), conflictsWithLaterOnes());
    }

    /** The outcomes of one key from one partition to another, as they stand there: their sources have to rise. */
    private Stream<Anomaly> reversed() {
        Map<List<String>, Map<Place, Outcome>> lines = new HashMap<>();
        for (Fate fate : facts.fates()) { // by place
            Record record = fate.source() == null ? null : facts.record(fate.source());
            if (fate instanceof Outcome outcome && record != null && record.key() != null) {
                lines.computeIfAbsent(List.of(record.key(), fate.source().partition(), fate.place().partition()),
                        line -> new TreeMap<>()).putIfAbsent(fate.source(), outcome);
            }
        }
        return lines.entrySet().stream().flatMap(line -> {
            List<Outcome> inOrder = new ArrayList<>(line.getValue().values()); // by source
            return LongStream.range(1, inOrder.size()).mapToObj(i -> inOrder.subList((int) i - 1, (int) i + 1))
                    .filter(pair -> pair.getLast().place().before(pair.getFirst().place()))
                    .map(pair -> anomaly(Kind.WRONG_ORDER, pair,
                            "Of key %s the record at %s was processed before the one at %s: their outcomes are at %s",
                            line.getKey().getFirst(), pair.getLast().source(), pair.getFirst().source(),
                            Checker.places(pair.reversed())));
        });
    }

    private Stream<Anomaly> conflictsWithLaterOnes() {
        return facts.fates().stream()
                .filter(fate -> fate instanceof DeadLetter letter && letter.conflict() && fate.source() != null)
                .map(letter -> {
                    List<Outcome> others = facts.outcomesByName().getOrDefault(letter.id().name(), List.of());
                    boolean onlyLater = !others.isEmpty() && others.stream().allMatch(
                            other -> other.source() != null && letter.source().before(other.source()));
                    return onlyLater ? anomaly(Kind.WRONG_ORDER, List.of(letter, others.getFirst()),
                            "%s at %s was dead-lettered as a conflict with the record at %s, which is behind it",
                            letter.id(), letter.source(), others.getFirst().source()) : null;
                })
                .filter(anomaly -> anomaly != null);
    }

    Stream<Anomaly> altered() {
        return facts.fates().stream().filter(DeadLetter.class::isInstance).map(DeadLetter.class::cast)
                .filter(letter -> letter.bytes() != null && letter.source() != null)
                .filter(letter -> {
                    Record record = facts.record(letter.source());
                    return record != null && record.bytes() != null && !record.bytes().equals(letter.bytes());
                })
                .map(letter -> anomaly(Kind.ALTERED, List.of(facts.record(letter.source()), letter),
                        "The dead letter at %s does not have the bytes of its record at %s",
                        letter.place(), letter.source()));
    }

    /**
     * The first sample that has passed a record is the strictest one. Of an effect that is not in one of the topics
     * that were read, nothing says whether it was there before.
     */
    Stream<Anomaly> ahead() {
        Map<String, NavigableMap<Long, Offsets>> firstBeyond = new HashMap<>();
        facts.history.events(Offsets.class).forEach(sample -> sample.committed().forEach((partition, committed) -> {
            NavigableMap<Long, Offsets> samples = firstBeyond.computeIfAbsent(partition, each -> new TreeMap<>());
            if (samples.isEmpty() || committed > samples.lastKey()) {
                samples.put(committed, sample);
            }
        }));
        return facts.records().stream().filter(facts::isSettled).flatMap(record -> {
            Map.Entry<Long, Offsets> passed = firstBeyond
                    .getOrDefault(record.place().partition(), new TreeMap<>()).higherEntry(record.place().offset());
            return passed == null || facts.settling(record).anyMatch(fate -> !facts.isInATopic(fate)
                            || Facts.isBefore(fate, passed.getValue()))
                    ? Stream.empty()
                    : Stream.of(anomaly(Kind.AHEAD, Stream.concat(Stream.of(record), facts.settling(record)).toList(),
                            "%s at %s was passed by the committed offset %d before its fate at %s was written",
                            record.id(), record.place(), passed.getKey(),
                            Checker.places(facts.settling(record).toList())));
        });
    }

    Stream<Anomaly> skipped() {
        Map<String, List<Place>> gone = new TreeMap<>();
        facts.samples().forEach(sample -> sample.committed().forEach((partition, committed) ->
                LongStream.range(committed, sample.starts().getOrDefault(partition, 0L))
                        .mapToObj(offset -> new Place(partition, offset)).filter(place -> !isAccountedFor(place))
                        .forEach(gone.computeIfAbsent(partition, each -> new ArrayList<>())::add)));
        return gone.values().stream().map(places -> places.stream().distinct().sorted().toList())
                .filter(places -> !places.isEmpty())
                .map(places -> new Anomaly(Kind.SKIPPED,
                        "%d offsets from %s on were removed before they were processed, and that was not reported."
                                .formatted(places.size(), places.getFirst()),
                        places.stream().map(facts::record).filter(record -> record != null).map(Record::id).toList(),
                        List.copyOf(places.stream().map(facts::record).filter(record -> record != null).toList())));
    }

    private boolean isAccountedFor(Place place) {
        Record record = facts.record(place);
        return facts.reported(place) || facts.fatesBySource().containsKey(place)
                || record != null && facts.isSettled(record);
    }

    Stream<Anomaly> stalled(Allowed allowed) {
        long last = facts.history.entries().stream()
                .filter(entry -> entry.event() instanceof Event.Fault || entry.event() instanceof Event.Invoked
                        || entry.event() instanceof Event.Answer)
                .mapToLong(History.Entry::at).max().orElse(0);
        Duration waited = Duration.ofNanos(facts.read.at() - last);
        List<Record> waiting = unsettled().filter(record -> !facts.passed(record.place()))
                .filter(record -> !facts.removed(record.place()) && !allowed.holdsUp(record.id())).toList();
        if (!waiting.isEmpty() && waited.compareTo(allowed.longestWait()) < 0) {
            throw new IllegalArgumentException("The final read is too early: " + waited.toMillis() + " ms after the "
                    + "last fault or attempt, " + Checker.places(waiting) + " had no fate. Read when all have one, or "
                    + "after " + allowed.longestWait().toMillis() + " ms.");
        }
        return Stream.concat(waiting.stream().map(record -> anomaly(Kind.STALLED, List.of(record),
                "%s at %s has neither an outcome nor a dead letter %d s after the last fault or attempt",
                record.id(), record.place(), waited.toSeconds())), stuck(allowed, last));
    }

    /** The committed offset has to pass a record whose fate was seen: the first one behind it, in each partition. */
    private Stream<Anomaly> stuck(Allowed allowed, long lastFault) {
        Map<String, Record> next = new TreeMap<>();
        if (facts.read.committed() != null) {
            facts.records().stream().filter(record -> !facts.passed(record.place()) && !facts.removed(record.place()))
                    .forEach(record -> next.putIfAbsent(record.place().partition(), record)); // they are by place
        }
        return next.values().stream().filter(facts::isSettled).flatMap(record -> {
            OptionalLong seen = facts.seenSettled(record);
            Duration waited = Duration.ofNanos(facts.read.at() - Math.max(lastFault, seen.orElse(facts.read.at())));
            if (seen.isEmpty()) {
                return Stream.empty(); // it may have got it right now
            }
            if (waited.compareTo(allowed.longestWait()) < 0) {
                throw new IllegalArgumentException("The final read is too early: " + waited.toMillis()
                        + " ms after the fate of " + record.place() + " was seen, the committed offset has not passed "
                        + "it. Read when it has, or after " + allowed.longestWait().toMillis() + " ms.");
            }
            return Stream.of(anomaly(Kind.STALLED,
                    Stream.concat(Stream.of(record), facts.settling(record)).toList(),
                    "%s at %s has its fate, and %d s later the committed offset has not passed it",
                    record.id(), record.place(), waited.toSeconds()));
        });
    }

    private Stream<Record> unsettled() {
        return facts.read.committed() == null
                ? Stream.empty() : facts.records().stream().filter(record -> !facts.isSettled(record));
    }

    private static Anomaly anomaly(Kind kind, Collection<? extends Event> evidence, String sentence, Object... values) {
        List<Id> ids = evidence.stream().map(event -> switch (event) {
            case Record record -> record.id();
            case Fate fate -> fate.id();
            default -> throw new IllegalArgumentException(event.toString());
        }).distinct().toList();
        return new Anomaly(kind, sentence.formatted(values) + ".", ids, List.copyOf(evidence));
    }
}
