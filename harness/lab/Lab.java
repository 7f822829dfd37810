package lab;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * One experiment: scripts as real processes around a broker, with topics and a group of its own. Closing it ends all
 * processes that it started.
 */
public final class Lab implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration CATCH_UP = Duration.ofSeconds(60);

    private final Broker broker;
    private final Path folder;
    private final Kafka kafka;
    private final boolean closesKafka;
    private final List<Running> started;
    private final Map<String, Series> series = new TreeMap<>();
    public final String events;
    public final String dlq;
    public final String outcomes;
    public final String group;
    private String consumerScript = "OrderConsumer";

    public Lab(Broker broker, Path folder) {
        this(broker, folder, new Kafka(broker.client()), true, new ArrayList<>());
    }

    private Lab(Broker broker, Path folder, Kafka kafka, boolean closesKafka, List<Running> started) {
        this.broker = broker;
        this.folder = folder;
        this.kafka = kafka;
        this.closesKafka = closesKafka;
        this.started = started;
        String fresh = UUID.randomUUID().toString().substring(0, 8);
        events = "order-events-" + fresh;
        dlq = "order-events-dlq-" + fresh;
        outcomes = "order-outcomes-" + fresh;
        group = "order-processor-" + fresh;
    }

    /** One with clients that earlier tests used: creating them takes longer than using them. */
    public static Lab with(Broker broker, Path folder, Kafka kafka) {
        return new Lab(broker, folder, kafka, false, new ArrayList<>());
    }

    /**
     * Another experiment, whose scripts reach Kafka at another address, while what is seen in Kafka is seen directly.
     * It ends with this one.
     *
     * @param bootstrap the address, such as that of a proxy
     */
    public Lab through(String bootstrap) {
        return new Lab(Broker.running(bootstrap), folder, kafka, false, started);
    }

    public Kafka kafka() {
        return kafka;
    }

    public Broker broker() {
        return broker;
    }

    /** This experiment's own folder, where its scripts run and log. */
    public Path folder() {
        return folder;
    }

    // --- scripts --------------------------------------------------------------------------------------------------

    /** Starts a script with exactly these options. */
    public Running start(String script, String... options) {
        return start(Map.of(), script, options);
    }

    /** The same, with variables in its environment. */
    public Running start(Map<String, String> env, String script, String... options) {
        return command(script, env, Build.command(script, options).toArray(String[]::new));
    }

    /** Starts any command. */
    public Running command(String name, Map<String, String> env, String... command) {
        Running running = Running.start(name, folder, folder, env, List.of(command));
        started.add(running);
        return running;
    }

    /** Runs a script to its end, in a process of its own. */
    public Ended run(String script, String... options) {
        return start(script, options).ended(Duration.ofSeconds(150));
    }

    /** The same in the process in which this experiment's other commands of that script run. */
    public Ended runInSeries(String script, String... options) {
        return series.computeIfAbsent(script, name -> new Series(name, folder)).run(options);
    }

    /** Starts an API in front of this experiment's topics, on a free port. */
    public Api api(String... options) {
        return apiOn("0", options);
    }

    /** The same on a given port. */
    public Api apiOn(String port, String... options) {
        return api(startApi(broker.bootstrap(), port, options));
    }

    /** The same on a free port, with Kafka at another address, such as that of a proxy. */
    public Api apiAt(String bootstrap, String... options) {
        return api(startApiAt(bootstrap, options));
    }

    /** The same without waiting for it: give it to {@link #api(Running)}. */
    public Running startApiAt(String bootstrap, String... options) {
        return startApi(bootstrap, "0", options);
    }

    private Running startApi(String bootstrap, String port, String... options) {
        return start("OrderApi", with(options, "--bootstrap-server", bootstrap, "--topic", events, "--outcomes-topic",
                outcomes, "--port", port));
    }

    /** The same as {@link #api(String...)}, without waiting for it: give it to {@link #api(Running)}. */
    public Running startApi() {
        return start("OrderApi", "--bootstrap-server", broker.bootstrap(), "--topic", events, "--port", "0");
    }

    /** Waits until an API that was started listens. */
    public Api api(Running process) {
        return new Api(
                URI.create(process.awaitOut("listening", Pattern.compile("Listening on (\\S+)\\n"), START)), process);
    }

    /** From now on this script is started as the consumer; it takes the options of OrderConsumer but --work-ms. */
    public void consumeWith(String script) {
        consumerScript = script;
    }

    /**
     * Starts a consumer of this experiment's topics; unless the options say otherwise, it simulates no work, and its
     * session is a short one.
     */
    public Running consumer(String... options) {
        return start(consumerScript, consumerOptions(options));
    }

    /** Runs a consumer that is expected to end by itself. */
    public Ended runConsumer(String... options) {
        return runInSeries(consumerScript, consumerOptions(options));
    }

    private String[] consumerOptions(String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        if (consumerScript.equals("OrderConsumer") && !all.contains("--work-ms")) {
            all.addAll(List.of("--work-ms", "0"));
        }
        if (!all.contains("--session-timeout-ms")) {
            all.addAll(List.of("--session-timeout-ms", "6000"));
        }
        if (!all.contains("--bootstrap-server")) {
            all.addAll(List.of("--bootstrap-server", broker.bootstrap()));
        }
        all.addAll(List.of("--topic", events, "--dlq-topic", dlq, "--outcomes-topic", outcomes, "--group", group));
        return all.toArray(String[]::new);
    }

    /** Starts a consumer that freezes at a point (see --freeze-at); returns once it is frozen. */
    public Running frozenConsumer(String point, String... options) {
        Running consumer = consumer(with(options, "--freeze-at", point));
        consumer.awaitOut("frozen at " + point, Pattern.compile("(freezing at) " + point), START);
        await("stopped by its signal").until(consumer::frozen);
        return consumer;
    }

    /** Creates the topic of orders if it is missing, and sends orders order-FROM to order-(TO-1) straight to it. */
    public void sendOrders(int from, int to) {
        if (kafka.partitions(events) == 0) {
            kafka.createTopic(events, 3);
        }
        kafka.sendAll(IntStream.range(from, to).mapToObj(i -> new ProducerRecord<>(events,
                Kafka.bytes("order-" + i), Kafka.bytes(Api.record("order-" + i, "customer123", "59.98")))).toList());
    }

    /**
     * Sends orders to one partition.
     *
     * @param prefix of their ids, such as {@code bad-}
     * @param spaces after the JSON, to make them larger
     */
    public void sendAllTo(int partition, String prefix, int orders, String customer, int spaces) {
        kafka.sendAll(orders(events, partition, prefix, orders, customer, spaces));
    }

    /** Such orders. */
    public static List<ProducerRecord<byte[], byte[]>> orders(String topic, int partition, String prefix, int orders,
            String customer, int spaces) {
        return IntStream.range(0, orders).mapToObj(i -> new ProducerRecord<>(topic, partition,
                Kafka.bytes(prefix + i), Kafka.bytes(Api.record(prefix + i, customer, "1") + " ".repeat(spaces))))
                .toList();
    }

    /** Runs DuplicateSender on this experiment's topics. */
    public Ended sendDuplicates(String... options) {
        return runInSeries("DuplicateSender", with(options, "--bootstrap-server", broker.bootstrap(), "--topic", events,
                "--outcomes-topic", outcomes, "--group", group));
    }

    /** Runs DlqInspector on this experiment's dead letters. */
    public Ended inspect(String command, String... options) {
        return inspectTopic(dlq, command, options);
    }

    /** The same on another topic. */
    public Ended inspectTopic(String topic, String command, String... options) {
        return runInSeries("DlqInspector", with(new String[] {command},
                with(options, "--bootstrap-server", broker.bootstrap(), "--topic", topic)));
    }

    /** Options, with more appended. */
    public static String[] with(String[] options, String... more) {
        return Stream.concat(Arrays.stream(options), Arrays.stream(more)).toArray(String[]::new);
    }

    // --- what can be seen -----------------------------------------------------------------------------------------

    /** Waits until the group has committed everything in the topic. After that, no more outcomes follow. */
    public void awaitCaughtUp() {
        await("the group commits all that was sent").atMost(CATCH_UP).pollInterval(Duration.ofMillis(100))
                .until(() -> kafka.lag(group, events) == 0);
    }

    /** All outcomes so far, by order. */
    public Map<String, List<JsonNode>> outcomes() {
        return kafka.jsonByKey(outcomes);
    }

    /** How many outcomes each order has. */
    public Map<String, Integer> outcomeCounts() {
        return outcomes().entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().size()));
    }

    /** The number of orders by their number of outcomes: {1=200} is 200 orders with one outcome each. */
    public Map<Integer, Long> ordersByOutcomes() {
        return outcomeCounts().values().stream()
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }

    public List<ConsumerRecord<byte[], byte[]>> deadLetters() {
        return kafka.records(dlq);
    }

    /** The last lines of all logs, for a failure's report. */
    public String tails() {
        return Stream.concat(started.stream().map(Running::tail), series.values().stream().map(Series::tail))
                .collect(Collectors.joining()) + broker.tail();
    }

    /** Stops all scripts that were started, the last one first. */
    public void stopAll() {
        started.reversed().forEach(Running::close);
        series.values().forEach(Series::close);
    }

    /** Kills what still runs: a stop takes time, and has proofs of its own. */
    @Override
    public void close() {
        started.reversed().forEach(Running::discard);
        series.values().forEach(Series::close);
        if (closesKafka) {
            kafka.close();
        }
    }
}
