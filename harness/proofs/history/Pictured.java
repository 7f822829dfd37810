package proofs.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import history.Allowed;
import history.Anomaly.Kind;
import history.Anomaly;
import history.Checker;
import history.Event.Fault;
import history.Event;
import history.FinalRead;
import history.History.Entry;
import history.History;
import history.Id;
import history.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import report.Proven;
import report.Timeline;
import story.Guarantee;
import story.Side;
import story.Stage.Played;
import story.Verdict;

/**
 * A small story for the page, written by hand: two partitions, an API, a consumer that is frozen and one that is
 * killed. Each event is a second after the last.
 */
final class Pictured {
    /** As an order's id it must stay text, wherever it is shown. */
    static final String HOSTILE = "</script><script>window.hit = 1</script><img src=x onerror=\"window.hit = 1\">";
    private static final Id FIRST = new Id(HOSTILE, "customer123, 1");
    private static final Id SECOND = new Id("order-2", "customer123, 2");
    private static final Id BAD = new Id("order-3", "not JSON");
    private static final Place PLACE = Place.of("order-events", 0, 0);

    final List<Entry> entries = new ArrayList<>();
    final List<Event.Record> records = new ArrayList<>();
    final List<Event.Fate> fates = new ArrayList<>();
    final Map<String, Long> committed = new TreeMap<>();

    /** Nothing is wrong. */
    static Pictured sound() {
        Pictured it = new Pictured();
        it.happens(new Event.Fault(Fault.Kind.START, "consumer-1", "--commit transactional"));
        it.accepted(FIRST, PLACE);
        it.accepted(SECOND, Place.of("order-events", 1, 0));
        it.accepted(BAD, Place.of("order-events", 1, 1));
        it.happens(new Event.Accepted(it.invoked(FIRST, "producer-0"), Place.of("order-events", 0, 1), "acknowledged"));
        it.records.add(new Event.Record(Place.of("order-events", 0, 1), FIRST, FIRST.name(), FIRST.name()));
        it.happens(new Event.Fault(Fault.Kind.FREEZE, "consumer-1", "at handled"));
        it.happens(new Event.Refused(it.invoked(new Id("order-4", "refused")), "503"));
        it.happens(new Event.Unknown(it.invoked(new Id("order-5", "unknown")), "504"));
        it.happens(new Event.Fault(Fault.Kind.THAW, "consumer-1", null));
        it.outcome(0, FIRST, PLACE);
        it.outcome(1, SECOND, Place.of("order-events", 1, 0));
        it.fates.add(new Event.DeadLetter(Place.of("order-events-dlq", 0, 0), BAD, Place.of("order-events", 1, 1),
                false, BAD.name()));
        it.sample(Map.of(), Map.of("order-outcomes-0", 1L));
        it.sample(Map.of("order-events-0", 2L, "order-events-1", 2L),
                Map.of("order-outcomes-0", 2L, "order-events-dlq-0", 1L));
        it.happens(new Event.Fault(Fault.Kind.KILL, "consumer-1", null));
        return it;
    }

    /** The same, but the first order is done twice, and one that was accepted is not there. */
    static Pictured broken() {
        Pictured it = sound();
        it.outcome(2, FIRST, Place.of("order-events", 0, 1));
        it.accepted(new Id("order-6", "lost"), Place.of("order-events", 0, 2));
        it.records.removeLast();
        it.sample(Map.of("order-events-0", 3L, "order-events-1", 2L),
                Map.of("order-outcomes-0", 4L, "order-events-dlq-0", 1L));
        return it;
    }

    /** The same, but it is there. */
    static Pictured doneTwice() {
        Pictured it = broken();
        Id found = new Id("order-6", "lost");
        it.records.add(new Event.Record(Place.of("order-events", 0, 2), found, null, null));
        it.outcome(3, found, Place.of("order-events", 0, 2));
        return it;
    }

    /** The same as a sound one, with many more orders. */
    static Pictured large(int orders) {
        Pictured it = sound();
        for (int i = 0; i < orders; i++) {
            Id id = new Id("many-" + i, "customer123, 1");
            Place place = Place.of("order-events", 1, 2 + i);
            it.entries.add(new Entry(it.entries.size(), it.at() + i, new Event.Invoked(id, "producer-" + i)));
            it.entries.add(new Entry(it.entries.size(), it.at() + i,
                    new Event.Accepted(it.entries.size() - 1, place, "acknowledged")));
            it.records.add(new Event.Record(place, id, id.name(), id.name()));
            it.outcome(2 + i, id, place);
        }
        it.sample(Map.of("order-events-0", 2L, "order-events-1", 2L + orders),
                Map.of("order-outcomes-0", 2L + orders, "order-events-dlq-0", 1L));
        return it;
    }

    List<Anomaly> anomalies() {
        return Checker.check(new History(entries), finalRead(), Allowed.nothing(Duration.ofSeconds(60)));
    }

    Timeline timeline() {
        return Timeline.of(new History(entries), finalRead(), anomalies());
    }

    /** A guarantee that was played, with its files. */
    static Proven proven(int number, Path folder, Pictured asBuilt, Pictured broken, String... bites)
            throws IOException {
        Path own = folder.resolve(number + "-" + "a-guarantee");
        Guarantee guarantee = new Guarantee("Is " + HOSTILE + " done once?", "--dedup none", Kind.TWICE) {
            @Override
            public String happens(Side side) {
                throw new UnsupportedOperationException();
            }
        };
        return new Proven(number, own, new Played(guarantee, asBuilt.verdict(own.resolve("as-built"), bites),
                broken.verdict(own.resolve("broken"), bites), Duration.ofMillis(12_345)));
    }

    // --- how ------------------------------------------------------------------------------------------------------

    private Verdict verdict(Path folder, String... bites) throws IOException {
        ObjectMapper json = new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);
        Files.createDirectories(folder);
        StringBuilder lines = new StringBuilder();
        for (Entry entry : entries) {
            lines.append(json.writeValueAsString(entry)).append('\n');
        }
        Files.writeString(folder.resolve("history.jsonl"), lines);
        finalRead().write(folder.resolve("final.json"));
        return new Verdict(records.size() + " records", anomalies(), Set.of(bites));
    }

    private FinalRead finalRead() {
        return new FinalRead(at() + 1_000_000_000, records, fates, Map.of(), committed);
    }

    private long invoked(Id id) {
        return invoked(id, "api-1");
    }

    private long invoked(Id id, String writer) {
        happens(new Event.Invoked(id, writer));
        return entries.size() - 1;
    }

    private void accepted(Id id, Place place) {
        happens(new Event.Accepted(invoked(id), place, "201"));
        records.add(new Event.Record(place, id, id.name(), id.name()));
    }

    void outcome(long offset, Id id, Place source) {
        fates.add(new Event.Outcome(Place.of("order-outcomes", 0, offset), id, source));
    }

    private void sample(Map<String, Long> offsets, Map<String, Long> ends) {
        committed.putAll(offsets);
        happens(new Event.Offsets(offsets, Map.of(), ends));
    }

    private void happens(Event event) {
        entries.add(new Entry(entries.size(), at() + 1_000_000_000, event));
    }

    private long at() {
        return entries.isEmpty() ? 0 : entries.getLast().at();
    }
}
