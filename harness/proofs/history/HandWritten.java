package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;

import history.Allowed;
import history.Anomaly;
import history.Checker;
import history.Event;
import history.FinalRead;
import history.History;
import history.Id;
import history.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A history written by hand, step by step, each a second after the last, and what the topics hold at the end. There is
 * one input partition, with one key, and one each for outcomes and dead letters. {@code "a"} is an operation,
 * {@code "a/2"} one with the same name and other content.
 */
final class HandWritten {
    static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private static final String IN = "in-0";
    private static final String OUTCOMES = "outcomes-0";
    private static final String DEAD_LETTERS = "dlq-0";

    private final List<History.Entry> entries = new ArrayList<>();
    private final List<Event.Record> records = new ArrayList<>();
    private final List<Event.Fate> fates = new ArrayList<>();
    private final Map<String, Long> starts = new TreeMap<>(Map.of(OUTCOMES, 0L, DEAD_LETTERS, 0L));
    private final Map<String, Long> ends = new TreeMap<>();
    private Map<String, Long> committed;
    private Allowed allowed = Allowed.nothing(LONGEST_WAIT);
    private String writer = "api-1";
    private String transaction;
    private String key = "key";
    private long seconds;

    // --- what happens ---------------------------------------------------------------------------------------------

    /** The attempts from here on go to this writer. */
    HandWritten by(String name) {
        writer = name;
        return this;
    }

    /** The attempts from here on are in this transaction. */
    HandWritten in(String name) {
        transaction = name;
        return this;
    }

    HandWritten accepted(String id, long offset) {
        return happens(new Event.Accepted(invoked(id), in(offset), "201"));
    }

    HandWritten acceptedSomewhere(String id) {
        return happens(new Event.Accepted(invoked(id), null, "201"));
    }

    HandWritten refused(String id) {
        return happens(new Event.Refused(invoked(id), "503"));
    }

    HandWritten unknown(String id) {
        return happens(new Event.Unknown(invoked(id), "504"));
    }

    HandWritten acceptedAfter(long wait, String id, long offset) {
        long attempt = invoked(id);
        return after(wait).happens(new Event.Accepted(attempt, in(offset), "201"));
    }

    HandWritten neverAnswered(String id) {
        invoked(id);
        return this;
    }

    /** Accepted, and there. */
    HandWritten written(String id, long offset) {
        return accepted(id, offset).record(id, offset);
    }

    /** A reader sees a record. */
    HandWritten seen(String id, long offset) {
        return happens(newRecord(id, offset));
    }

    HandWritten fault(Event.Fault.Kind kind, String target) {
        return happens(new Event.Fault(kind, target, null));
    }

    /** The group's offset is seen, and then the ends of what was written so far. */
    HandWritten sampled(long offset) {
        return happens(new Event.Offsets(Map.of(IN, offset), new TreeMap<>(starts), new TreeMap<>(ends)));
    }

    HandWritten gapReported(long from, long to) {
        return happens(new Event.GapReported(IN, from, to));
    }

    HandWritten after(long more) {
        seconds += more;
        return this;
    }

    // --- what is there at the end ---------------------------------------------------------------------------------

    /** The records from here on have this key. */
    HandWritten key(String name) {
        key = name;
        return this;
    }

    HandWritten record(String id, long offset) {
        records.add(newRecord(id, offset));
        return this;
    }

    HandWritten outcome(String id, long source) {
        return fate(new Event.Outcome(next(OUTCOMES), id(id), in(source)));
    }

    HandWritten outcomeWithoutSource(String id) {
        return fate(new Event.Outcome(next(OUTCOMES), id(id), null));
    }

    /** It is processed, and the effect is not in a topic. */
    HandWritten effectElsewhere(String id, long source) {
        return fate(new Event.Outcome(new Place("table", fates.size()), id(id), in(source)));
    }

    HandWritten deadLetter(String id, long source) {
        return deadLetter(id, source, "bytes of " + id);
    }

    HandWritten deadLetter(String id, long source, String bytes) {
        return fate(new Event.DeadLetter(next(DEAD_LETTERS), id(id), in(source), false, bytes));
    }

    HandWritten conflict(String id, long source) {
        return fate(new Event.DeadLetter(next(DEAD_LETTERS), id(id), in(source), true, "bytes of " + id));
    }

    /** A reader sees an outcome that is not there at the end. */
    HandWritten outcomeSeenAndGone(String id, long source) {
        outcome(id, source);
        return happens(fates.removeLast());
    }

    /** Retention removes the records before this offset. */
    HandWritten removedBefore(long offset) {
        starts.put(IN, offset);
        records.removeIf(record -> record.place().offset() < offset);
        return this;
    }

    /** Retention removes the outcomes before this offset. */
    HandWritten outcomesRemovedBefore(long offset) {
        starts.put(OUTCOMES, offset);
        return this;
    }

    /** The group's offset at the end. Without it there is no group in this story. */
    HandWritten committed(long offset) {
        committed = Map.of(IN, offset);
        return this;
    }

    // --- what the checker says ------------------------------------------------------------------------------------

    HandWritten allowing(Allowed mode) {
        allowed = mode;
        return this;
    }

    /** There is this anomaly, it is about these operations, and there is no other. */
    void shows(Anomaly.Kind kind, String... ids) {
        List<Anomaly> anomalies = anomalies();
        assertThat(anomalies).extracting(Anomaly::kind).as(anomalies.toString()).containsExactly(kind);
        assertThat(anomalies.getFirst().ids()).containsExactly(Stream.of(ids).map(HandWritten::id).toArray(Id[]::new));
        assertThat(anomalies.getFirst().sentence()).matches("[^\n]+\\.");
        assertThat(anomalies.getFirst().evidence()).isNotEmpty().doesNotHaveDuplicates();
    }

    void showsNothing() {
        assertThat(anomalies()).isEmpty();
    }

    List<Anomaly> anomalies() {
        return Checker.check(history(), finalRead(), allowed);
    }

    History history() {
        return new History(List.copyOf(entries));
    }

    FinalRead finalRead() {
        return new FinalRead(at(), List.copyOf(records), List.copyOf(fates), new TreeMap<>(starts), committed);
    }

    // --- how ------------------------------------------------------------------------------------------------------

    private long invoked(String id) {
        happens(new Event.Invoked(id(id), writer, transaction));
        return entries.getLast().index();
    }

    private HandWritten happens(Event event) {
        seconds++;
        entries.add(new History.Entry(entries.size(), at(), event));
        return this;
    }

    private HandWritten fate(Event.Fate fate) {
        fates.add(fate);
        return this;
    }

    private Event.Record newRecord(String id, long offset) {
        return new Event.Record(in(offset), id(id), key, "bytes of " + id);
    }

    private Place next(String partition) {
        return new Place(partition, ends.merge(partition, 1L, Long::sum) - 1);
    }

    private long at() {
        return Duration.ofSeconds(seconds).toNanos();
    }

    private static Place in(long offset) {
        return new Place(IN, offset);
    }

    private static Id id(String text) {
        int slash = text.indexOf('/');
        return slash < 0 ? new Id(text, "1") : new Id(text.substring(0, slash), text.substring(slash + 1));
    }
}
