package story;

import static org.awaitility.Awaitility.await;

import history.Allowed;
import history.Checker;
import history.Event;
import history.Event.Fate;
import history.FinalRead;
import history.Id;
import history.Place;
import history.Recorder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lab.Lab;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** What can be seen of a system in Kafka: the group's offsets while it runs, and all that the topics hold. */
public final class Witness implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration READ_AGAIN = Duration.ofMillis(300);

    private final Lab lab;
    private final Recorder recorder;
    private Sampler sampler; // null without a consumer

    public Witness(Lab lab, Recorder recorder) {
        this.lab = lab;
        this.recorder = recorder;
    }

    /** From now on notes again and again what the group has committed. */
    public synchronized void watchOffsets(Duration interval) {
        if (sampler == null) {
            sampler = new Sampler(interval, () -> {
                Map<String, Long> committed = committed(); // first
                recorder.add(new Event.Offsets(committed, named(lab.kafka().starts(lab.events)), ends()));
            });
        }
    }

    /** Reads until two reads are the same, and late enough to prove something. */
    public FinalRead settled(Allowed allowed) {
        FinalRead[] last = {read()};
        return await("two reads that are the same, and not too early")
                .atMost(PATIENCE.plus(allowed.longestWait())).pollInterval(READ_AGAIN)
                .ignoreException(IllegalArgumentException.class) // the checker says so if it is too early
                .until(() -> {
                    FinalRead before = last[0];
                    last[0] = read();
                    if (!last[0].sameAs(before)) {
                        return null;
                    }
                    Checker.check(recorder.history(), last[0], allowed);
                    return last[0];
                }, Objects::nonNull);
    }

    /** Whether no transaction is open, which would hide what comes after it. */
    public boolean isStable() {
        return Stream.of(lab.events, lab.outcomes, lab.dlq).allMatch(topic ->
                lab.kafka().ends(topic, IsolationLevel.READ_COMMITTED)
                        .equals(lab.kafka().ends(topic, IsolationLevel.READ_UNCOMMITTED)));
    }

    /** What the topics hold, up to the first transaction that is open, and what the group has committed. */
    public FinalRead read() {
        List<Event.Record> records = lab.kafka().visibleRecords(lab.events).stream().map(Orders::record).toList();
        Map<Place, Id> sources = Orders.ids(records);
        List<Fate> fates = Stream.concat(
                lab.kafka().visibleRecords(lab.outcomes).stream()
                        .flatMap(outcome -> Orders.outcome(outcome, sources).stream()),
                lab.kafka().visibleRecords(lab.dlq).stream().map(letter -> Orders.deadLetter(letter, sources)))
                .toList();
        return new FinalRead(recorder.now(), records, fates, starts(), sampler == null ? null : committed());
    }

    private Map<String, Long> committed() {
        return lab.kafka().committed(lab.group, lab.events).entrySet().stream()
                .collect(Collectors.toMap(each -> lab.events + "-" + each.getKey(), Map.Entry::getValue));
    }

    private Map<String, Long> starts() {
        Map<String, Long> starts = new TreeMap<>();
        List.of(lab.events, lab.outcomes, lab.dlq).forEach(topic -> starts.putAll(named(lab.kafka().starts(topic))));
        return starts;
    }

    private Map<String, Long> ends() {
        Map<String, Long> ends = new TreeMap<>();
        List.of(lab.outcomes, lab.dlq).forEach(topic ->
                ends.putAll(named(lab.kafka().ends(topic, IsolationLevel.READ_UNCOMMITTED))));
        return ends;
    }

    private static Map<String, Long> named(Map<TopicPartition, Long> offsets) {
        return offsets.entrySet().stream().collect(Collectors.toMap(each -> each.getKey().toString(),
                Map.Entry::getValue));
    }

    /** Looks no more at offsets; what was read and will be read is not affected. */
    @Override
    public synchronized void close() {
        if (sampler != null) {
            sampler.close();
        }
    }
}
