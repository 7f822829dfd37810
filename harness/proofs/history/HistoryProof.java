package proofs.history;

import static history.Event.Fault.Kind.KILL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import history.Event;
import history.FinalRead;
import history.History;
import history.Id;
import history.Operation;
import history.Place;
import history.Recorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A history is on disk as it happens, and is read back as it was. No Kafka. */
@Tag("check")
class HistoryProof {
    private static final Id A = new Id("a", "1");
    private static final Place PLACE = Place.of("order-events", 0, 17);

    /** One of each kind, with what is hard to write: null, quotes, line ends. */
    private static final List<Event> ALL = List.of(
            new Event.Invoked(A, "api-1"),
            new Event.Accepted(0, PLACE, "201 {\"status\":\"success\"}\n"),
            new Event.Invoked(new Id("b", "\"\\\u2028\u00fc"), "producer", "t-1"),
            new Event.Refused(2, null),
            new Event.Invoked(A, "api-2"),
            new Event.Unknown(4, "connection reset"),
            new Event.Record(PLACE, A, null, "d1"),
            new Event.Outcome(new Place("order-outcomes-0", 0), A, PLACE),
            new Event.DeadLetter(new Place("order-events-dlq-0", 0), A, PLACE, true, null),
            new Event.Offsets(Map.of("order-events-0", 18L), Map.of(), Map.of("order-outcomes-0", 5_000_000_000L)),
            new Event.GapReported("order-events-0", 3, 7),
            new Event.Fault(KILL, "consumer-1", "-9"));

    @TempDir
    private Path folder;

    @Test
    void itIsReadBackAsItHappened() throws Exception {
        assertThat(ALL).extracting(Object::getClass).as("one of each kind").containsAll(kinds(Event.class));
        try (Recorder recorder = new Recorder(file())) {
            assertThat(ALL.stream().map(recorder::add)).containsExactlyElementsOf(
                    LongStream.range(0, ALL.size()).boxed().toList());
            assertThat(recorder.history().entries()).as("while it is written").hasSameSizeAs(ALL);
        }
        List<History.Entry> entries = History.read(file()).entries();
        assertThat(entries).extracting(History.Entry::event).isEqualTo(ALL);
        assertThat(entries).extracting(History.Entry::index).isEqualTo(
                LongStream.range(0, ALL.size()).boxed().toList());
        assertThat(entries).extracting(History.Entry::at).isSorted();
        assertThat(Files.readAllLines(file())).as("one line each").hasSameSizeAs(ALL);
    }

    @Test
    void severalThreadsMayWriteIt() throws Exception {
        try (Recorder recorder = new Recorder(file())) {
            List<Thread> threads = IntStream.range(0, 8).mapToObj(i -> Thread.ofVirtual().start(() -> {
                for (int n = 0; n < 500; n++) {
                    long attempt = recorder.add(new Event.Invoked(new Id(i + "-" + n, "1"), "api-1"));
                    recorder.add(new Event.Accepted(attempt, null, null));
                }
            })).toList();
            for (Thread thread : threads) {
                thread.join();
            }
        }
        History history = History.read(file());
        assertThat(history.entries()).hasSize(8_000).extracting(History.Entry::at).isSorted();
        assertThat(history.operations()).hasSize(4_000)
                .allSatisfy(operation -> assertThat(operation.state()).isEqualTo(Operation.State.OK));
    }

    @Test
    void aLineThatAKillLeftUnfinishedIsLeftOut() throws Exception {
        try (Recorder recorder = new Recorder(file())) {
            recorder.add(new Event.Invoked(A, "api-1"));
        }
        Files.writeString(file(), "{\"index\":1,\"at\":12,\"ev", StandardOpenOption.APPEND);
        assertThat(History.read(file()).entries()).hasSize(1);
        Files.writeString(file(), "\n", StandardOpenOption.APPEND);
        assertThatThrownBy(() -> History.read(file())).isInstanceOf(IOException.class)
                .hasMessageContaining("line 2 is not an event");
    }

    @Test
    void itsSizeIsBounded() throws Exception {
        try (Recorder recorder = new Recorder(file(), 2)) {
            recorder.add(new Event.Invoked(A, "api-1"));
            recorder.add(new Event.Unknown(0, null));
            assertThatThrownBy(() -> recorder.add(new Event.Invoked(A, "api-1")))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("takes no more");
        }
        assertThat(History.read(file()).entries()).hasSize(2);
    }

    @Test
    void anAnswerBelongsToOneAttempt() {
        Event invoked = new Event.Invoked(A, "api-1");
        for (List<Event> wrong : List.of(List.<Event>of(new Event.Refused(0, null)),
                List.of(invoked, new Event.Refused(1, null)),
                List.of(invoked, new Event.Unknown(0, null), new Event.Refused(0, null)))) {
            assertThatThrownBy(() -> history(wrong).operations()).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void theFinalReadIsReadBackAndComparedWithAnother() throws Exception {
        FinalRead read = new HandWritten().written("a", 0).outcome("a", 0).written("b", 1).deadLetter("b", 1)
                .removedBefore(1).committed(2).finalRead();
        read.write(file());
        assertThat(FinalRead.read(file())).isEqualTo(read);
        FinalRead later = new FinalRead(7, read.records(), read.fates(), read.starts(), read.committed());
        assertThat(read.sameAs(later)).isTrue();
        assertThat(read.sameAs(new FinalRead(7, List.of(), read.fates(), read.starts(), read.committed()))).isFalse();
    }

    private Path file() {
        return folder.resolve("history");
    }

    private static History history(List<Event> events) {
        List<History.Entry> entries = new ArrayList<>();
        events.forEach(event -> entries.add(new History.Entry(entries.size(), entries.size(), event)));
        return new History(entries);
    }

    private static List<Class<?>> kinds(Class<?> kind) {
        return kind.isSealed()
                ? List.of(kind.getPermittedSubclasses()).stream().flatMap(sub -> kinds(sub).stream()).toList()
                : List.of(kind);
    }
}
