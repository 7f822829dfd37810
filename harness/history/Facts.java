package history;

import history.Event.Accepted;
import history.Event.Fate;
import history.Event.GapReported;
import history.Event.Offsets;
import history.Event.Outcome;
import history.Event.Record;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A history and a final read, looked at from where the rules need it. Counted as there: what the final read has, and
 * what was seen or accepted before and was removed since, by retention or compaction.
 */
final class Facts {
    final History history;
    final FinalRead read;
    private final Map<Id, Operation> operations = new LinkedHashMap<>();
    private final NavigableMap<Place, Record> records = new TreeMap<>();
    private final NavigableMap<Place, Fate> fates = new TreeMap<>();
    private final Map<Id, List<Record>> recordsById;
    private final Map<Place, List<Fate>> fatesBySource;
    private final Map<String, List<Outcome>> outcomesByName;
    private final Map<Id, Record> seen;
    private final Set<String> torn;
    private final List<Offsets> samples;
    private final List<GapReported> reports;

    Facts(History history, FinalRead read) {
        this.history = history;
        this.read = read;
        history.operations().forEach(operation -> operations.put(operation.id(), operation));
        operations.values().forEach(operation -> operation.accepted().map(Accepted::place)
                .filter(place -> place != null && removed(place))
                .forEach(place -> records.put(place, new Record(place, operation.id(), null, null))));
        history.events(Record.class).filter(record -> removed(record.place()))
                .forEach(record -> records.put(record.place(), record));
        read.records().forEach(record -> records.put(record.place(), record));
        Map<List<String>, Long> latest = latestOutcomes();
        history.events(Fate.class)
                .filter(fate -> removed(fate.place()) || fate.place().offset() < latest.getOrDefault(line(fate), 0L))
                .forEach(fate -> fates.put(fate.place(), fate));
        read.fates().forEach(fate -> fates.put(fate.place(), fate));
        recordsById = records.values().stream().collect(Collectors.groupingBy(Record::id));
        fatesBySource = fates.values().stream().filter(fate -> fate.source() != null)
                .collect(Collectors.groupingBy(Fate::source, TreeMap::new, Collectors.toList()));
        outcomesByName = fates.values().stream().filter(Outcome.class::isInstance).map(Outcome.class::cast)
                .collect(Collectors.groupingBy(outcome -> outcome.id().name(), TreeMap::new, Collectors.toList()));
        seen = history.events(Record.class)
                .collect(Collectors.toMap(Record::id, record -> record, (first, second) -> first));
        torn = transactions().entrySet().stream()
                .filter(each -> each.getValue().stream().map(one -> records(one.id()).isEmpty()).distinct().count() > 1)
                .map(Map.Entry::getKey).collect(Collectors.toSet());
        samples = Stream.concat(history.events(Offsets.class), Stream.ofNullable(read.committed())
                .map(committed -> new Offsets(committed, read.starts(), Map.of()))).toList();
        reports = history.events(GapReported.class).toList();
    }

    /** A compacted topic has the latest outcome of a name in a partition, and maybe not those before. */
    private Map<List<String>, Long> latestOutcomes() {
        return read.fates().stream().filter(Outcome.class::isInstance)
                .collect(Collectors.toMap(Facts::line, fate -> fate.place().offset(), Math::max));
    }

    private static List<String> line(Fate fate) {
        return List.of(fate.getClass().getName(), fate.place().partition(), fate.id().name());
    }

    // --- what was attempted ---------------------------------------------------------------------------------------

    Collection<Operation> operations() {
        return operations.values();
    }

    /** The attempts to write this; null if there were none. */
    Operation operation(Id id) {
        return operations.get(id);
    }

    /** Whether it has to be there, and is not. */
    boolean isLost(Operation operation) {
        return records(operation.id()).isEmpty() && !isTorn(operation)
                && (operation.state() == Operation.State.OK || seen.containsKey(operation.id()));
    }

    /** The operations of each transaction. */
    Map<String, List<Operation>> transactions() {
        return operations.values().stream()
                .flatMap(operation -> operation.transactions().map(name -> Map.entry(name, operation)))
                .collect(Collectors.groupingBy(Map.Entry::getKey, TreeMap::new,
                        Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    }

    /** Whether some of a transaction's records are there and others are not. */
    boolean isTorn(String transaction) {
        return torn.contains(transaction);
    }

    boolean isTorn(Operation operation) {
        return operation.transactions().anyMatch(this::isTorn);
    }

    // --- what is there --------------------------------------------------------------------------------------------

    /** Whether the log begins behind this place. */
    boolean removed(Place place) {
        return place.offset() < read.starts().getOrDefault(place.partition(), 0L);
    }

    Collection<Record> records() {
        return records.values();
    }

    List<Record> records(Id id) {
        return recordsById.getOrDefault(id, List.of());
    }

    /** The record there; null if there is none. */
    Record record(Place place) {
        return records.get(place);
    }

    /** A record of it that a reader saw while the faults went on; null if there is none. */
    Record seen(Id id) {
        return seen.get(id);
    }

    // --- what was done with it ------------------------------------------------------------------------------------

    Collection<Fate> fates() {
        return fates.values();
    }

    Map<Place, List<Fate>> fatesBySource() {
        return fatesBySource;
    }

    Map<String, List<Outcome>> outcomesByName() {
        return outcomesByName;
    }

    /** What settles a record: its own fates, and outcomes of the same operation that are not from a later record. */
    Stream<Fate> settling(Record record) {
        return Stream.concat(
                fatesBySource.getOrDefault(record.place(), List.of()).stream(),
                outcomesByName.getOrDefault(record.id().name(), List.of()).stream()
                        .filter(outcome -> outcome.id().equals(record.id()))
                        .filter(outcome -> outcome.source() == null || !record.place().before(outcome.source())))
                .distinct();
    }

    boolean isSettled(Record record) {
        return settling(record).findAny().isPresent();
    }

    /** Whether it is a record of one of the topics that were read; it may be a row in a database, too. */
    boolean isInATopic(Fate fate) {
        return read.starts().containsKey(fate.place().partition());
    }

    /** Whether it was written before these ends were seen. */
    static boolean isBefore(Fate fate, Offsets sample) {
        return fate.place().offset() < sample.ends().getOrDefault(fate.place().partition(), 0L);
    }

    /** When a fate of a record was first seen to be there, on the history's clock. */
    OptionalLong seenSettled(Record record) {
        List<Fate> settling = settling(record).toList();
        return history.entries().stream().filter(entry -> entry.event() instanceof Offsets sample
                && settling.stream().anyMatch(fate -> isBefore(fate, sample))).mapToLong(History.Entry::at).findFirst();
    }

    // --- what the group has passed --------------------------------------------------------------------------------

    /** All samples of committed offsets; the last one is the final read's. */
    List<Offsets> samples() {
        return samples;
    }

    /** Whether the group has a committed offset beyond this place at the end. */
    boolean passed(Place place) {
        return place.offset() < read.committed().getOrDefault(place.partition(), 0L);
    }

    /** Whether it was removed before it was processed, whether the program has reported that or not. */
    boolean skipped(Place place) {
        return removed(place) && (reported(place) || samples.stream()
                .filter(sample -> sample.committed().containsKey(place.partition()))
                .anyMatch(sample -> place.offset() >= sample.committed().get(place.partition())
                        && place.offset() < sample.starts().getOrDefault(place.partition(), 0L)));
    }

    /** Whether the program under test has reported that this place is gone. */
    boolean reported(Place place) {
        return reports.stream().anyMatch(gap -> gap.partition().equals(place.partition())
                && gap.from() <= place.offset() && place.offset() < gap.to());
    }
}
