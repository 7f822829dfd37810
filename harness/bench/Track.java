package bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import lab.Api;
import lab.Broker;
import lab.Build;
import lab.Kafka;
import lab.Lab;
import lab.Running;

/** Where the contenders of one row run: its own topics, and real processes. Closing it ends and deletes them. */
public final class Track implements AutoCloseable {
    private static final int PARTITIONS = 3;
    private static final Map<String, String> LEDGER = Map.of(
            "cleanup.policy", "compact,delete", // as the order consumer creates it
            "retention.ms", String.valueOf(Duration.ofDays(365).toMillis()),
            "message.timestamp.type", "LogAppendTime"); // when the broker appended it: one clock for all contenders

    private final Lab lab;
    private final double scale;
    private final int rounds;
    private final long start = System.nanoTime();
    private final List<String> topics = new ArrayList<>();

    /**
     * @param scale  1 for the sizes that the required figures are for; less for a quick look
     * @param rounds how often to measure contenders that are compared with each other
     */
    public Track(Broker broker, Path logs, double scale, int rounds) {
        this.lab = new Lab(broker, logs);
        this.scale = scale;
        this.rounds = rounds;
    }

    public Kafka kafka() {
        return lab.kafka();
    }

    public String bootstrap() {
        return lab.broker().bootstrap();
    }

    /** A number of orders, to scale. */
    public int scaled(int orders) {
        return (int) Math.max(1, Math.round(orders * scale));
    }

    /** How often contenders take turns: a machine's speed changes by more than they may differ. */
    public int rounds() {
        return rounds;
    }

    /** Prints on standard error what is being done. */
    public void say(String what) {
        System.err.printf("%7.1f s  %s%n", Duration.ofNanos(System.nanoTime() - start).toMillis() / 1000.0, what);
    }

    // --- topics ---------------------------------------------------------------------------------------------------

    /** An empty topic for orders. */
    public String topic() {
        return topic("orders", PARTITIONS, Map.of());
    }

    /** An empty topic for orders, with one partition. */
    public String narrowTopic() {
        return topic("orders", 1, Map.of());
    }

    /** A topic with orders in it, each with its own id. */
    public String loaded(int orders) {
        String topic = topic();
        load(topic, orders);
        return topic;
    }

    public void load(String topic, int orders) {
        say("loading %,d orders".formatted(orders));
        Orders.load(bootstrap(), topic, orders, Orders::newId);
    }

    /** An empty topic for the outcomes of orders, with as many partitions. */
    public String outcomesOf(String orders) {
        return topic("outcomes", kafka().partitions(orders), LEDGER);
    }

    /** An empty topic that takes no record of more than a kilobyte. */
    public String topicForSmallRecords() {
        return topic("small", 1, Map.of("max.message.bytes", "1000"));
    }

    private String topic(String what, int partitions, Map<String, String> configs) {
        String name = "bench-" + what + "-" + UUID.randomUUID().toString().substring(0, 8);
        kafka().createTopic(name, partitions, configs);
        topics.add(name);
        return name;
    }

    // --- contenders -----------------------------------------------------------------------------------------------

    /** The order consumer, with this many milliseconds of simulated work, in its own group. */
    public Contender consumer(String name, String orders, String outcomes, String workMs, String... options) {
        return consumerIn(newGroup(), name, orders, outcomes, workMs, options);
    }

    /** The same in a group that may have outcomes there: a ledger is one group's alone. */
    public Contender consumerIn(String group, String name, String orders, String outcomes, String workMs,
            String... options) {
        List<String> more = new ArrayList<>(List.of("--quiet", "--dlq-topic", lab.dlq, "--work-ms", workMs));
        more.addAll(List.of(options));
        return contender(group, name, "OrderConsumer", orders, outcomes, more.toArray(String[]::new));
    }

    /** Any script that turns orders into outcomes, in its own group. */
    public Contender contender(String name, String script, String orders, String outcomes, String... options) {
        return contender(newGroup(), name, script, orders, outcomes, options);
    }

    public String newGroup() {
        return "bench-" + UUID.randomUUID().toString().substring(0, 8);
    }

    private Contender contender(String group, String name, String script, String orders, String outcomes,
            String... options) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", bootstrap(), "--group", group,
                "--topic", orders, "--outcomes-topic", outcomes));
        all.addAll(List.of(options));
        return new Contender(this, name, group, orders, () -> start(script, all.toArray(String[]::new)));
    }

    /** The order API, on a free port, once it listens. */
    public Api orderApi(String topic, String... options) {
        return api(start("OrderApi", orderApiOptions(topic, outcomesOf(topic), options)));
    }

    /** The options of the order API: a free port, and topics that exist. */
    public String[] orderApiOptions(String topic, String outcomes, String... options) {
        return Lab.with(options, "--bootstrap-server", bootstrap(), "--port", "0", "--topic", topic,
                "--outcomes-topic", outcomes);
    }

    /** The bare API, which does less than the order API, in the same way. */
    public Api bareApi(String topic, String... options) {
        return api(start("BareApi", bareApiOptions(topic, options)));
    }

    public String[] bareApiOptions(String topic, String... options) {
        return Lab.with(options, "--bootstrap-server", bootstrap(), "--port", "0", "--topic", topic);
    }

    /** Waits until an API that was started listens. */
    public Api api(Running process) {
        return lab.api(process);
    }

    public Running start(String script, String... options) {
        return lab.start(script, options);
    }

    /** The same with a heap size, such as -Xmx128m. */
    public Running startIn(String heap, String script, String... options) {
        return lab.start(Map.of("JDK_JAVA_OPTIONS", heap), script, options);
    }

    /** The same as a user starts it. */
    public Running jbang(String script, String... options) {
        return command("jbang", Build.line(script, options).toArray(String[]::new));
    }

    Running command(String name, String... command) {
        return lab.command(name, Map.of(), command);
    }

    /** The last lines of all logs. */
    public String tails() {
        return lab.tails();
    }

    /** Ends all that was started. */
    public void stopAll() {
        lab.stopAll();
    }

    @Override
    public void close() {
        lab.stopAll();
        topics.add(lab.dlq);
        kafka().admin().deleteTopics(topics).topicNameValues()
                .forEach((topic, deleted) -> deleted.toCompletionStage().exceptionally(e -> null) // never created?
                        .toCompletableFuture().join());
        lab.close();
    }
}
