package story;

import static org.awaitility.Awaitility.await;

import history.Allowed;
import history.Anomaly;
import history.Anomaly.Kind;
import history.Checker;
import history.Event;
import history.Event.Fault;
import history.FinalRead;
import history.History;
import history.JepsenForm;
import history.Place;
import history.Recorder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lab.Api;
import lab.Broker;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.awaitility.core.ConditionTimeoutException;

/**
 * One of the two systems of a story: its topics, its scripts, and the history of what happened to it. What is sent and
 * done through it is recorded.
 */
public final class Side implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration SAMPLE = Duration.ofMillis(100);
    private static final Duration POLL = Duration.ofMillis(100);

    private final String[] switches;
    private final Meeting meeting;
    private final Listener listener;
    private final Lab lab;
    private final Path folder;
    private final Recorder recorder;
    private final Set<String> bites = Collections.synchronizedSet(new TreeSet<>());
    private final Witness witness;
    private int writers;

    /** @param switches none for the system as built */
    Side(Broker broker, Meeting meeting, Path folder, Listener listener, String... switches) throws IOException {
        this(new Lab(broker, folder), meeting, folder, listener, switches);
    }

    private Side(Lab lab, Meeting meeting, Path folder, Listener listener, String... switches) throws IOException {
        this.meeting = meeting;
        this.listener = listener;
        this.switches = switches;
        this.folder = Files.createDirectories(folder);
        this.lab = lab;
        recorder = new Recorder(folder.resolve("history.jsonl"));
        witness = new Witness(lab, recorder);
    }

    /**
     * A system as built, in a story without another one.
     *
     * @param kafka clients that are not closed with it
     */
    public static Side alone(Broker broker, Kafka kafka, Path folder) throws IOException {
        return new Side(Lab.with(broker, folder, kafka), new Meeting(1), folder, Listener.NONE);
    }

    /** Whether its guarantee is switched off. */
    public boolean isBroken() {
        return switches.length > 0;
    }

    /** Options, with the switch if there is one. */
    public String[] options(String... options) {
        return Lab.with(options, switches);
    }

    public Lab lab() {
        return lab;
    }

    // --- orders in ------------------------------------------------------------------------------------------------

    /** A record for {@link #send}, with the order's id as its key. */
    public ProducerRecord<byte[], byte[]> order(Integer partition, String id, String customer) {
        return order(partition, id, id, customer, "1");
    }

    /** The same with another key, and another total. */
    public ProducerRecord<byte[], byte[]> order(Integer partition, String key, String id, String customer,
            String total) {
        return new ProducerRecord<>(lab.events, partition, Kafka.bytes(key),
                Kafka.bytes(Api.record(id, customer, total)));
    }

    /** So many orders, named with a prefix and a number. */
    public List<ProducerRecord<byte[], byte[]>> orders(Integer partition, String prefix, int number, String customer) {
        return IntStream.range(0, number).mapToObj(i -> order(partition, prefix + i, customer)).toList();
    }

    /** Sends records straight to the topic: each has its own writer, so that copies may be there. */
    public void send(List<ProducerRecord<byte[], byte[]>> records) {
        List<Long> attempts = records.stream().map(record ->
                recorder.add(new Event.Invoked(Orders.id(record.key(), record.value()), "producer-" + writers++)))
                .toList();
        List<RecordMetadata> sent = lab.kafka().sendAll(records);
        listener.did("send " + Kafka.text(records.getFirst().key()) + (records.size() == 1 ? "" : " to "
                + Kafka.text(records.getLast().key()) + ", " + records.size() + " records"));
        for (int i = 0; i < records.size(); i++) {
            recorder.add(new Event.Accepted(attempts.get(i),
                    Place.of(sent.get(i).topic(), sent.get(i).partition(), sent.get(i).offset()), "acknowledged"));
        }
    }

    /** The same for one. */
    public void send(ProducerRecord<byte[], byte[]> record) {
        send(List.of(record));
    }

    /**
     * Starts an API, to post orders to.
     *
     * @param bootstrap where it finds Kafka: the broker's address, or that of a proxy
     */
    public RecordedApi api(String name, String bootstrap, String... options) {
        return recorded(name, startApi(name, bootstrap, options));
    }

    /** The same without waiting for it: give it to {@link #recorded}. */
    public Running startApi(String name, String bootstrap, String... options) {
        fault(Fault.Kind.START, name, String.join(" ", options));
        return lab.startApiAt(bootstrap, options);
    }

    /** Waits until an API that was started listens. */
    public RecordedApi recorded(String name, Running api) {
        return new RecordedApi(name, lab.api(api), recorder);
    }

    /**
     * Makes a producer, for transactions.
     *
     * @param bootstrap where it finds Kafka
     */
    public RecordedTransactions transactions(String bootstrap) {
        return new RecordedTransactions(bootstrap, "producer-" + writers++, recorder);
    }

    /** Starts a replay of all dead letters. */
    public Replay replay(String name, String... options) {
        return replay(name, lab.broker().bootstrap(), lab.dlq, options);
    }

    /**
     * The same for another topic of dead letters. With {@code --exactly-once} all runs together promise to write each
     * record once: they are one writer.
     *
     * @param bootstrap where it finds Kafka
     */
    public Replay replay(String name, String bootstrap, String topic, String[] options) {
        String writer = List.of(options).contains("--exactly-once") ? "replay" : name;
        List<Long> attempts = lab.kafka().records(topic).stream().map(letter -> recorder.add(
                new Event.Invoked(Orders.id(letter.key(), letter.value()), writer))).toList();
        listener.did("replay " + attempts.size() + " dead letters " + String.join(" ", options));
        return new Replay(attempts, lab.start("DlqInspector", Lab.with(new String[] {"replay", "--execute",
            "--bootstrap-server", bootstrap, "--topic", topic}, options)), recorder);
    }

    // --- scripts and faults ---------------------------------------------------------------------------------------

    /** Starts a consumer of these orders. */
    public Running consumer(String name, String... options) {
        fault(Fault.Kind.START, name, String.join(" ", options));
        witness.watchOffsets(SAMPLE);
        return lab.consumer(options);
    }

    /** Starts a consumer that freezes at a point (see --freeze-at); returns once it is frozen. */
    public Running frozenConsumer(String name, String point, String... options) {
        fault(Fault.Kind.START, name, String.join(" ", options));
        witness.watchOffsets(SAMPLE);
        Running consumer = lab.frozenConsumer(point, options);
        fault(Fault.Kind.FREEZE, name, "at " + point);
        return consumer;
    }

    public void kill(String name, Running script) {
        script.kill9();
        fault(Fault.Kind.KILL, name, null);
    }

    /** Stops it as a service manager does. */
    public void stop(String name, Running script) {
        script.stop();
        fault(Fault.Kind.STOP, name, null);
    }

    public void thaw(String name, Running script) {
        script.thaw();
        fault(Fault.Kind.THAW, name, null);
    }

    /** Waits for the other side, and then lets a fault happen once to both. */
    public void together(Fault fault, Runnable once) {
        meeting.once(once);
        fault(fault.kind(), fault.target(), fault.detail());
    }

    private void fault(Fault.Kind kind, String target, String what) {
        recorder.add(new Fault(kind, target, what));
        listener.did(kind.name().toLowerCase() + " " + target + (what == null ? "" : " " + what).stripTrailing());
    }

    /** Notes what a fault was seen to do: what proves that it was one. */
    public void bit(String how) {
        bites.add(how);
        listener.saw(how);
    }

    /** Waits until something holds. */
    public void until(String what, Callable<Boolean> holds) {
        try {
            await(what).atMost(PATIENCE).pollInterval(POLL).until(holds);
        } catch (ConditionTimeoutException e) {
            throw new IllegalStateException("It waited " + PATIENCE.toSeconds() + " s in vain until " + what, e);
        }
        listener.saw(what);
    }

    // --- what can be seen --------------------------------------------------------------------------------------

    /** How many records the orders' topic has. */
    public int records() {
        return lab.kafka().visibleRecords(lab.events).size();
    }

    /** How many orders have an outcome. */
    public int done() {
        return lab.outcomes().size();
    }

    /** How often they were done, in words. */
    public String counted() {
        Map<Long, Long> byTimes = lab.outcomes().values().stream()
                .map(all -> all.stream().filter(one -> one.path("status").asText().equals("processed")).count())
                .collect(Collectors.groupingBy(times -> times, Collectors.counting()));
        return byTimes.entrySet().stream().sorted(Map.Entry.comparingByKey())
                .map(each -> each.getValue() + " orders done "
                        + (each.getKey() == 1 ? "once" : each.getKey() + " times"))
                .collect(Collectors.joining(", "));
    }

    /** How many orders were done at a later attempt than the first. */
    public long retried() {
        return lab.outcomes().values().stream()
                .filter(each -> each.stream().anyMatch(one -> one.path("attempts").asInt() > 1)).count();
    }

    /** The offset that the group has committed for a partition of the orders; 0 if none. */
    public long committed(int partition) {
        return lab.kafka().committed(lab.group, lab.events).getOrDefault(partition, 0L);
    }

    /** Whether the group has committed all records. */
    public boolean caughtUp() {
        return lab.kafka().caughtUp(lab.group, lab.events);
    }

    /** Reads until two reads are the same and prove something, and returns what is wrong. */
    public Verdict verdict(String summary, Allowed allowed) throws IOException {
        FinalRead settled = witness.settled(allowed);
        witness.close(); // until now it has seen what is done
        settled.write(folder.resolve("final.json"));
        History history = recorder.history();
        JepsenForm.write(history, settled, folder.resolve("history.edn"));
        return new Verdict(summary, Checker.check(history, settled, allowed), Set.copyOf(bites));
    }

    /**
     * What is known if its story did not come to its end. What is wrong then, is wrong; but a record may wait because
     * nothing healed the fault.
     */
    Verdict cutShort(String why, Allowed allowed) {
        Verdict known = Verdict.cutShort(why);
        try {
            List<Anomaly> anomalies = verdict(known.summary(), allowed).anomalies().stream()
                    .filter(anomaly -> anomaly.kind() != Kind.STALLED).toList();
            return new Verdict(known.summary(), anomalies, Set.copyOf(bites), why);
        } catch (IOException | RuntimeException e) { // what stopped the story may stop this, too
            return new Verdict(known.summary(), List.of(), Set.copyOf(bites), why);
        }
    }

    @Override
    public void close() {
        witness.close();
        lab.close();
        try {
            recorder.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
