package report;

import history.Anomaly;
import history.Event;
import history.Event.Accepted;
import history.Event.Answer;
import history.Event.DeadLetter;
import history.Event.Fate;
import history.Event.Fault;
import history.Event.GapReported;
import history.Event.Invoked;
import history.Event.Offsets;
import history.Event.Outcome;
import history.Event.Refused;
import history.Event.Unknown;
import history.FinalRead;
import history.History;
import history.History.Entry;
import history.Id;
import history.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is drawn of one system: a history and a final read, by lanes. All times are milliseconds since the history
 * began. When an outcome is written is not seen: its time is that of the first sample of the logs' ends that is beyond
 * it, which is late by one sampling interval at most.
 *
 * @param end when the topics were read for the last time
 */
public record Timeline(
        long end, Counts counts, List<Writer> writers, List<Log> logs, List<Target> targets, List<Wrong> anomalies) {
    private static final long NANOS = 1_000_000;

    /** How many there were of each. */
    public record Counts(long accepted, long refused, long unknown, long records, long outcomes, long deadLetters) {
    }

    /** The attempts through one kind of writer: {@code producer-7} is a {@code producer}. */
    public record Writer(String name, List<Attempt> attempts) {
    }

    /** @param to when it was answered; the end, if it never was */
    public record Attempt(long from, long to, String answer) {
    }

    /** A partition of an input topic. */
    public record Log(String name, List<Dot> records, List<Done> fates, List<Step> committed) {
    }

    /**
     * A record, when it was written.
     *
     * @param is what was done with it: {@code processed}, {@code dead}, {@code copy} of a processed one, {@code none};
     *        or {@code gone}, if it is not there at the end
     * @param until when its fate was there; else when a committed offset passed it; else the end
     */
    public record Dot(long offset, long at, long until, String is, boolean wrong, String name, String content) {
    }

    /**
     * What was done with a record, when it was seen to be done.
     *
     * @param offset of the record
     * @param place of the outcome or dead letter
     */
    public record Done(long offset, long at, String is, boolean wrong, String place) {
    }

    /** The group's committed offset from then on. */
    public record Step(long at, long offset) {
    }

    /** What faults happen to. */
    public record Target(String name, List<Span> spans, List<Mark> marks) {
    }

    /** It runs, or is frozen. */
    public record Span(long from, long to, boolean frozen) {
    }

    public record Mark(long at, Fault.Kind kind, String detail) {
    }

    /** @param at when it was wrong */
    public record Wrong(Anomaly.Kind kind, String sentence, long at, List<Evidence> evidence) {
    }

    /**
     * One event that shows an anomaly.
     *
     * @param log the partition of the record that it is about; null without one
     * @param place where it is itself
     */
    public record Evidence(
            String what, long at, String log, Long offset, String place, String name, String content) {
    }

    public static Timeline of(History history, FinalRead read, List<Anomaly> anomalies) {
        return new Maker(history, read, anomalies).timeline();
    }

    /** What it takes to make one: times, and which record had which fate. */
    private static final class Maker {
        private final History history;
        private final FinalRead read;
        private final List<Anomaly> anomalies;
        private final long end;
        private final Map<Place, Event.Record> records = new TreeMap<>();
        private final Map<Event, Long> seen = new HashMap<>();
        private final Map<Place, Long> accepted = new TreeMap<>();
        private final Map<Id, Long> invoked = new HashMap<>();
        private final Map<Long, Invoked> attempts = new HashMap<>();
        private final Map<String, NavigableMap<Long, Long>> ends = new HashMap<>(); // the time by the end
        private final Map<String, NavigableMap<Long, Long>> passed = new HashMap<>(); // the same of committed offsets
        private final Set<Place> wrong = new HashSet<>();
        private final Map<Place, List<Fate>> fates = new HashMap<>(); // by the places of their records
        private final Set<Id> processed = new HashSet<>();

        Maker(History history, FinalRead read, List<Anomaly> anomalies) {
            this.history = history;
            this.read = read;
            this.anomalies = anomalies;
            end = read.at() / NANOS;
            read.records().forEach(record -> records.put(record.place(), record));
            read.fates().forEach(this::note);
            history.entries().forEach(this::note);
            anomalies.stream().flatMap(anomaly -> anomaly.evidence().stream()).map(Maker::place)
                    .filter(place -> place != null).forEach(wrong::add);
        }

        private void note(Fate fate) {
            if (fate.source() != null) {
                fates.computeIfAbsent(fate.source(), each -> new ArrayList<>()).add(fate);
            }
            if (fate instanceof Outcome) {
                processed.add(fate.id());
            }
        }

        private void note(Entry entry) {
            long at = entry.at() / NANOS;
            seen.putIfAbsent(entry.event(), at);
            switch (entry.event()) {
                case Invoked attempt -> {
                    invoked.putIfAbsent(attempt.id(), at);
                    attempts.put(entry.index(), attempt);
                }
                case Accepted answer when answer.place() != null -> accepted.putIfAbsent(answer.place(), at);
                case Offsets offsets -> {
                    note(offsets.ends(), at, ends);
                    note(offsets.committed(), at, passed);
                }
                default -> {
                }
            }
        }

        private static void note(Map<String, Long> offsets, long at, Map<String, NavigableMap<Long, Long>> times) {
            offsets.forEach((partition, offset) ->
                    times.computeIfAbsent(partition, each -> new TreeMap<>()).putIfAbsent(offset, at));
        }

        Timeline timeline() {
            return new Timeline(end, counts(), writers(), logs(), targets(), anomalies.stream().map(this::wrong)
                    .sorted(Comparator.comparing(Wrong::at)).toList());
        }

        private Counts counts() {
            return new Counts(history.events(Accepted.class).count(), history.events(Refused.class).count(),
                    attempts.size() - history.events(Accepted.class).count() - history.events(Refused.class).count(),
                    read.records().size(),
                    read.fates().stream().filter(Outcome.class::isInstance).count(),
                    read.fates().stream().filter(DeadLetter.class::isInstance).count());
        }

        // --- times ------------------------------------------------------------------------------------------------

        private long time(Event event) {
            Long at = seen.get(event);
            return at != null ? at : switch (event) {
                case Event.Record record -> written(record);
                case Fate fate -> beyond(ends, fate.place());
                default -> end;
            };
        }

        /** When its answer came; else when it was first sent; else when something was done with it. */
        private long written(Event.Record record) {
            Long at = accepted.get(record.place());
            if (at == null) {
                at = invoked.get(record.id());
            }
            return at != null ? at : Math.min(beyond(passed, record.place()), fates(record.place())
                    .mapToLong(this::time).min().orElse(end));
        }

        private long until(Event.Record record) {
            return fates(record.place()).mapToLong(this::time).min().orElseGet(() -> beyond(passed, record.place()));
        }

        private long beyond(Map<String, NavigableMap<Long, Long>> times, Place place) {
            Map.Entry<Long, Long> first = times.getOrDefault(place.partition(), new TreeMap<>())
                    .higherEntry(place.offset());
            return first == null ? end : first.getValue();
        }

        // --- lanes ------------------------------------------------------------------------------------------------

        private List<Writer> writers() {
            Map<Long, Entry> answers = history.entries().stream().filter(entry -> entry.event() instanceof Answer)
                    .collect(Collectors.toMap(entry -> ((Answer) entry.event()).attempt(), entry -> entry));
            Map<String, List<Attempt>> lanes = new LinkedHashMap<>();
            history.entries().forEach(entry -> {
                if (entry.event() instanceof Invoked attempt) {
                    Entry answer = answers.get(entry.index());
                    lanes.computeIfAbsent(attempt.writer().replaceFirst("-\\d+$", ""), each -> new ArrayList<>())
                            .add(new Attempt(entry.at() / NANOS, answer == null ? end : answer.at() / NANOS,
                                    answer == null ? "never answered" : said((Answer) answer.event())));
                }
            });
            return lanes.entrySet().stream().map(lane -> new Writer(lane.getKey(), lane.getValue())).toList();
        }

        private static String said(Answer answer) {
            return switch (answer) {
                case Accepted a -> "accepted";
                case Refused r -> "refused";
                case Unknown u -> "unknown";
            };
        }

        private List<Log> logs() {
            Stream<String> names = Stream.of(
                    records.keySet().stream().map(Place::partition), accepted.keySet().stream().map(Place::partition),
                    passed.keySet().stream(),
                    fates.keySet().stream().map(Place::partition))
                    .flatMap(each -> each);
            return names.distinct().sorted().map(name -> new Log(name, dots(name), done(name), steps(name))).toList();
        }

        private List<Dot> dots(String log) {
            Stream<Dot> there = records.values().stream().filter(record -> record.place().partition().equals(log))
                    .map(record -> new Dot(record.place().offset(), written(record), until(record), is(record),
                            wrong.contains(record.place()), record.id().name(), record.id().content()));
            Stream<Dot> gone = history.events(Accepted.class).filter(answer -> answer.place() != null
                    && answer.place().partition().equals(log) && !records.containsKey(answer.place()))
                    .map(answer -> new Dot(answer.place().offset(), accepted.get(answer.place()),
                            accepted.get(answer.place()), "gone", wrong.contains(answer.place()),
                            attempts.get(answer.attempt()).id().name(), attempts.get(answer.attempt()).id().content()));
            return Stream.concat(there, gone).sorted(Comparator.comparing(Dot::offset)).toList();
        }

        private String is(Event.Record record) {
            List<Fate> own = fates(record.place()).toList();
            if (own.stream().anyMatch(Outcome.class::isInstance)) {
                return "processed";
            }
            return !own.isEmpty() ? "dead" : processed.contains(record.id()) ? "copy" : "none";
        }

        private Stream<Fate> fates(Place source) {
            return fates.getOrDefault(source, List.of()).stream();
        }

        private List<Done> done(String log) {
            return read.fates().stream()
                    .filter(fate -> fate.source() != null && fate.source().partition().equals(log))
                    .map(fate -> new Done(fate.source().offset(), time(fate),
                            fate instanceof Outcome ? "processed" : "dead", wrong.contains(fate.place()),
                            fate.place().toString()))
                    .sorted(Comparator.comparing(Done::at).thenComparing(Done::offset)).toList();
        }

        private List<Step> steps(String log) {
            List<Step> steps = new ArrayList<>();
            history.entries().forEach(entry -> {
                if (entry.event() instanceof Offsets offsets && offsets.committed().get(log) instanceof Long offset
                        && (steps.isEmpty() || steps.getLast().offset() != offset)) {
                    steps.add(new Step(entry.at() / NANOS, offset));
                }
            });
            if (read.committed() != null && read.committed().get(log) instanceof Long offset
                    && (steps.isEmpty() || steps.getLast().offset() != offset)) {
                steps.add(new Step(end, offset));
            }
            return steps;
        }

        private List<Target> targets() {
            Map<String, List<Entry>> faults = new LinkedHashMap<>();
            history.entries().forEach(entry -> {
                if (entry.event() instanceof Fault fault) {
                    faults.computeIfAbsent(fault.target(), each -> new ArrayList<>()).add(entry);
                }
            });
            return faults.entrySet().stream().map(each -> new Target(each.getKey(), spans(each.getValue()),
                    each.getValue().stream().map(entry -> new Mark(entry.at() / NANOS, ((Fault) entry.event()).kind(),
                            ((Fault) entry.event()).detail())).toList())).toList();
        }

        /** What is killed or frozen and was not started ran from the beginning. */
        private List<Span> spans(List<Entry> faults) {
            List<Span> spans = new ArrayList<>();
            Span now = null;
            boolean first = true;
            for (Entry entry : faults) {
                long at = entry.at() / NANOS;
                Fault.Kind kind = ((Fault) entry.event()).kind();
                if (!Set.of(Fault.Kind.START, Fault.Kind.KILL, Fault.Kind.STOP, Fault.Kind.FREEZE, Fault.Kind.THAW)
                        .contains(kind)) {
                    continue;
                }
                if (now == null && first && kind != Fault.Kind.START) {
                    now = new Span(0, end, kind == Fault.Kind.THAW);
                }
                if (now != null) {
                    spans.add(new Span(now.from(), at, now.frozen()));
                }
                now = kind == Fault.Kind.KILL || kind == Fault.Kind.STOP ? null
                        : new Span(at, end, kind == Fault.Kind.FREEZE);
                first = false;
            }
            if (now != null) {
                spans.add(now);
            }
            return spans;
        }

        // --- what is wrong ----------------------------------------------------------------------------------------

        private Wrong wrong(Anomaly anomaly) {
            List<Evidence> evidence = anomaly.evidence().stream().map(this::evidence).toList();
            return new Wrong(anomaly.kind(), anomaly.sentence(), switch (anomaly.kind()) {
                case NO_FATE, AHEAD, SKIPPED -> anomaly.evidence().stream().filter(Event.Record.class::isInstance)
                        .mapToLong(event -> beyond(passed, place(event))).min().orElse(end);
                case STALLED -> end;
                default -> evidence.stream().mapToLong(Evidence::at).max().orElse(end);
            }, evidence);
        }

        private Evidence evidence(Event event) {
            long at = time(event);
            return switch (event) {
                case Event.Record record -> evidence("record", at, record.place(), record.place(), record.id());
                case Outcome outcome -> evidence("outcome", at, outcome.source(), outcome.place(), outcome.id());
                case DeadLetter letter -> evidence("dead letter", at, letter.source(), letter.place(), letter.id());
                case Accepted answer -> answer("accepted", at, answer.place(), answer);
                case Refused answer -> answer("refused", at, null, answer);
                case Unknown answer -> answer("unknown", at, null, answer);
                case Invoked attempt -> evidence("attempt", at, null, null, attempt.id());
                case Offsets offsets -> evidence("committed offsets " + offsets.committed(), at, null, null, null);
                case GapReported gap -> evidence("reported gap up to " + gap.to(), at,
                        new Place(gap.partition(), gap.from()), new Place(gap.partition(), gap.from()), null);
                case Fault fault -> evidence(fault.kind() + " " + fault.target(), at, null, null, null);
            };
        }

        private Evidence answer(String what, long at, Place place, Answer answer) {
            return evidence(what, at, place, place,
                    attempts.containsKey(answer.attempt()) ? attempts.get(answer.attempt()).id() : null);
        }

        private static Evidence evidence(String what, long at, Place about, Place place, Id id) {
            return new Evidence(what, at, about == null ? null : about.partition(),
                    about == null ? null : about.offset(), place == null ? null : place.toString(),
                    id == null ? null : id.name(), id == null ? null : id.content());
        }

        private static Place place(Event event) {
            return switch (event) {
                case Event.Record record -> record.place();
                case Fate fate -> fate.place();
                case Accepted answer -> answer.place();
                default -> null;
            };
        }
    }
}
