package proofs.history;

import static history.Event.Fault.Kind.FREEZE;
import static history.Event.Fault.Kind.KILL;
import static history.Event.Fault.Kind.START;
import static history.Event.Fault.Kind.THAW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import history.Anomaly.Kind;
import history.Event;
import history.History;
import history.Id;
import history.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import report.JUnitXml;
import report.Page;
import report.Timeline.Counts;
import report.Timeline.Done;
import report.Timeline.Dot;
import report.Timeline.Evidence;
import report.Timeline.Log;
import report.Timeline.Mark;
import report.Timeline.Span;
import report.Timeline.Step;
import report.Timeline.Wrong;
import report.Timeline;

/** What the page draws is what the history says; and no text of it can become part of the page. No browser. */
@Tag("check")
class TimelineProof {
    @TempDir
    private Path folder;

    @Test
    void aRecordIsDrawnByItsFate() {
        assertThat(Pictured.broken().timeline().logs()).extracting(Log::name)
                .containsExactly("order-events-0", "order-events-1");
        assertThat(records(Pictured.sound(), 0)).extracting(Dot::offset, Dot::is)
                .containsExactly(tuple(0L, "processed"), tuple(1L, "copy"));
        assertThat(records(Pictured.sound(), 1)).extracting(Dot::offset, Dot::is)
                .containsExactly(tuple(0L, "processed"), tuple(1L, "dead"));
        assertThat(records(Pictured.broken(), 0)).extracting(Dot::offset, Dot::is, Dot::wrong).containsExactly(
                tuple(0L, "processed", false), tuple(1L, "processed", false),
                tuple(2L, "gone", true));
        Pictured undone = Pictured.sound();
        undone.fates.clear();
        assertThat(records(undone, 1)).extracting(Dot::is, Dot::wrong)
                .containsExactly(tuple("none", true), tuple("none", true));
    }

    /** At the first sample that is beyond it: no outcome has a time of its own. */
    @Test
    void anOutcomeIsThereFromWhenItIsSeen() {
        Pictured it = Pictured.sound();
        List<Long> samples = samples(it);
        assertThat(it.timeline().logs().getFirst().fates()).containsExactly(
                new Done(0, samples.getFirst(), "processed", false, "order-outcomes-0@0"));
        assertThat(it.timeline().logs().getLast().fates()).extracting(Done::at, Done::is).containsExactly(
                tuple(samples.getLast(), "processed"), tuple(samples.getLast(), "dead"));
        assertThat(it.timeline().logs().getFirst().committed()).containsExactly(new Step(samples.getLast(), 2));
        it.entries.removeIf(entry -> entry.event() instanceof Event.Offsets);
        assertThat(it.timeline().logs().getFirst().fates()).extracting(Done::at).as("only the final read saw it")
                .containsExactly(it.timeline().end());
    }

    @Test
    void aRecordWaitsUntilItsFateOrUntilItIsPassed() {
        Pictured it = Pictured.sound();
        List<Long> samples = samples(it);
        assertThat(records(it, 0)).extracting(Dot::until).containsExactly(samples.getFirst(), samples.getLast());
        assertThat(records(it, 0)).extracting(Dot::at).containsExactly(3000L, 9000L);
    }

    @Test
    void aProcessRunsFromItsStartAndIsFrozenUntilItIsThawed() {
        Timeline.Target consumer = Pictured.sound().timeline().targets().getFirst();
        assertThat(consumer.name()).isEqualTo("consumer-1");
        assertThat(consumer.marks()).extracting(Mark::kind).containsExactly(START, FREEZE, THAW, KILL);
        List<Long> at = consumer.marks().stream().map(Mark::at).toList();
        assertThat(consumer.spans()).containsExactly(new Span(at.get(0), at.get(1), false),
                new Span(at.get(1), at.get(2), true), new Span(at.get(2), at.get(3), false));
        Pictured broker = new Pictured();
        broker.entries.add(new History.Entry(0, 5_000_000_000L, new Event.Fault(KILL, "broker-1", null)));
        assertThat(broker.timeline().targets().getFirst().spans()).as("it ran before the story")
                .containsExactly(new Span(0, 5000, false));
    }

    @Test
    void attemptsAreCountedByTheirAnswers() {
        assertThat(Pictured.sound().timeline().counts()).isEqualTo(new Counts(4, 1, 1, 4, 2, 1));
        List<Timeline.Writer> writers = Pictured.sound().timeline().writers();
        assertThat(writers).extracting(Timeline.Writer::name).containsExactly("api", "producer");
        assertThat(writers.getFirst().attempts()).extracting(Timeline.Attempt::answer).containsExactly(
                "accepted", "accepted", "accepted", "refused", "unknown");
    }

    @Test
    void anAnomalyHasTheRecordsThatShowIt() {
        List<Wrong> wrong = Pictured.broken().timeline().anomalies();
        assertThat(wrong).extracting(Wrong::kind).containsExactlyInAnyOrder(Kind.LOST, Kind.TWICE);
        assertThat(wrong.stream().filter(one -> one.kind() == Kind.TWICE).flatMap(one -> one.evidence().stream()))
                .extracting(Evidence::what, Evidence::place, Evidence::log, Evidence::offset, Evidence::name)
                .containsExactly(
                        tuple("outcome", "order-outcomes-0@0", "order-events-0", 0L, Pictured.HOSTILE),
                        tuple("outcome", "order-outcomes-0@2", "order-events-0", 1L, Pictured.HOSTILE));
        Pictured undone = Pictured.sound();
        undone.fates.clear();
        assertThat(undone.timeline().anomalies()).as("when the committed offset passed them").isNotEmpty()
                .allSatisfy(one -> assertThat(one.at()).isEqualTo(samples(undone).getLast()));
    }

    @Test
    void noTextCanEndTheScript() throws Exception {
        String page = Files.readString(Page.write(folder, 1, List.of(
                Pictured.proven(4, folder, Pictured.sound(), Pictured.broken(), Pictured.HOSTILE))));
        assertThat(page).doesNotContain("<img").contains("\\u003cimg src=x");
        assertThat(page.split("</script>", -1)).as("that of the data, and that of the script").hasSize(3);
    }

    @Test
    void eachOfThemIsATestCaseForAServer() throws Exception {
        Pictured odd = Pictured.broken();
        Id control = new Id("\u0000\u001b", "1");
        odd.records.add(new Event.Record(Place.of("order-events", 0, 9), control, null, null));
        odd.outcome(9, control, Place.of("order-events", 0, 9));
        JUnitXml.write(folder, List.of(Pictured.proven(4, folder, Pictured.sound(), odd, "it was frozen"),
                Pictured.proven(5, folder, Pictured.sound(), Pictured.sound())));
        Element suite = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder()
                .parse(folder.resolve("TEST-prove.xml").toFile()).getDocumentElement();
        assertThat(List.of(suite.getAttribute("tests"), suite.getAttribute("failures"), suite.getAttribute("errors")))
                .containsExactly("4", "1", "2");
        NodeList cases = suite.getElementsByTagName("testcase");
        assertThat(IntStream.range(0, 4).mapToObj(i -> ((Element) cases.item(i)).getAttribute("name"))).allSatisfy(
                name -> assertThat(name).startsWith("Is " + Pictured.HOSTILE + " done once? ("));
        Element failure = (Element) suite.getElementsByTagName("failure").item(0);
        assertThat(failure.getTextContent()).contains("TWICE: " + Pictured.HOSTILE, "LOST: order-6", "\ufffd\ufffd");
        assertThat(suite.getElementsByTagName("error").item(0).getTextContent()).contains("did not bite");
    }

    private static List<Dot> records(Pictured it, int partition) {
        return it.timeline().logs().get(partition).records();
    }

    private static List<Long> samples(Pictured it) {
        return it.entries.stream().filter(entry -> entry.event() instanceof Event.Offsets)
                .map(entry -> entry.at() / 1_000_000).toList();
    }
}
