///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Loses orders and does some twice, beside the same system with nothing switched off: jbang Break.java
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.awaitility:awaitility:4.3.0
//SOURCES lab/Api.java
//SOURCES lab/Broker.java
//SOURCES lab/Build.java
//SOURCES lab/Ended.java
//SOURCES lab/Kafka.java
//SOURCES lab/Lab.java
//SOURCES lab/Reaper.java
//SOURCES lab/Repo.java
//SOURCES lab/Running.java
//SOURCES lab/Sentence.java
//SOURCES lab/Series.java
//SOURCES lab/fixtures/OwnBroker.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error

import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import lab.Api;
import lab.Broker;
import lab.Build;
import lab.Kafka;
import lab.Lab;
import lab.Repo;
import lab.Running;
import lab.Sentence;
import lab.fixtures.OwnBroker;
import org.apache.kafka.clients.producer.ProducerRecord;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What does each guarantee prevent? Starts two systems that differ in one switch, does the same harm to both, and
 * counts what is lost, done twice or stuck.
 */
@Command(name = "Break", mixinStandardHelpOptions = true, version = "Kafka Order Lab",
        description = "Does the same harm to two systems, one as built and one with a guarantee switched off.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:each broke with its guarantee off, and held as built", "1:one did not", "2:wrong options",
            "130, 143:ended by Ctrl-C or SIGTERM"})
public class Break implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int ORDERS = 20;
    private static final int WARM_UP = 4; // orders that open the producer's connections

    /** What is done, and with which switch it does harm. */
    enum Harm {
        ACKS("The broker freezes, three orders come in, the broker is killed and started again", "--acks 0"),
        AUTO_COMMIT("A consumer is killed after 5 of 20 orders, and started again", "--auto-commit"),
        DEDUP("20 orders come three times each", "--dedup none"),
        DLQ("A record that is not JSON comes in the middle of 20 orders", "--no-dlq"),
        CONCURRENCY("An order hangs, with 20 others behind it", "--concurrency 1");

        private final String what;
        private final String without;

        Harm(String what, String without) {
            this.what = what;
            this.without = without;
        }

        @Override
        public String toString() {
            return name().toLowerCase().replace('_', '-');
        }
    }

    /** What one of the two systems did. */
    private record Seen(boolean held, String text) {
    }

    @Parameters(arity = "0..1", paramLabel = "WHAT", description = "One of ${COMPLETION-CANDIDATES}; without it, all.")
    private Harm only;

    @Option(names = "--json", description = "Print the results as JSON lines.")
    private boolean json;

    public static void main(String... args) {
        CommandLine line = new CommandLine(new Break());
        line.registerConverter(Harm.class, text -> Arrays.stream(Harm.values())
                .filter(harm -> harm.toString().equals(text)).findFirst().orElseThrow(() ->
                        new CommandLine.TypeConversionException("give one of " + Arrays.toString(Harm.values()))));
        System.exit(line.setExecutionExceptionHandler(new Sentence()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Path logs = Files.createDirectories(Repo.file(".cache/break/" + Instant.now().toString().replace(':', '-')));
        List<Harm> harms = only == null ? List.of(Harm.values()) : List.of(only);
        Instant start = Instant.now();
        say("Each time, the same happens to two systems: one as built, one with a guarantee switched off.");
        Build.others(logs, "scripts/KafkaBroker.java", "scripts/OrderApi.java", "scripts/OrderConsumer.java");
        int asExpected = 0;
        try (OwnBroker broker = new OwnBroker(logs.resolve("broker"))) {
            for (Harm harm : harms) {
                asExpected += play(harm, broker, logs.resolve(harm.toString())) ? 1 : 0;
            }
        }
        say(String.format("%n%d of %d broke with the switch and held without it, in %d s; the scripts' logs: %s",
                asExpected, harms.size(), Duration.between(start, Instant.now()).toSeconds(),
                Repo.root().relativize(logs)));
        return asExpected == harms.size() ? 0 : 1;
    }

    private boolean play(Harm harm, OwnBroker broker, Path logs) throws Exception {
        say(String.format("%n@|bold %s|@ (%s)", harm.what, harm));
        try (Lab asBuilt = new Lab(broker, logs.resolve("as-built"));
                Lab switchedOff = new Lab(broker, logs.resolve("switched-off"));
                ExecutorService two = Executors.newFixedThreadPool(2)) {
            if (harm == Harm.ACKS) {
                return report(harm, losesOrders(broker, asBuilt, switchedOff));
            }
            Future<Seen> held = two.submit(() -> seen(harm, asBuilt));
            Future<Seen> broken = two.submit(() -> seen(harm, switchedOff, harm.without.split(" ")));
            return report(harm, List.of(held.get(), broken.get()));
        }
    }

    private static Seen seen(Harm harm, Lab lab, String... switches) {
        return switch (harm) {
            case ACKS -> throw new IllegalArgumentException("both APIs lose the one broker");
            case AUTO_COMMIT -> killedInTheMiddle(lab, switches);
            case DEDUP -> threeTimes(lab, switches);
            case DLQ -> poison(lab, switches);
            case CONCURRENCY -> oneHangs(lab, switches);
        };
    }

    // --- the harm -------------------------------------------------------------------------------------------------

    /** An order that got a 201 has to be in the topic when the broker is back. */
    private List<Seen> losesOrders(OwnBroker broker, Lab... labs) throws Exception {
        List<Api> apis = List.of(labs[0].api("--timeout-ms", "2000"),
                labs[1].api("--timeout-ms", "2000", "--acks", "0"));
        apis.forEach(api -> IntStream.range(0, WARM_UP).forEach(i -> api.post(order("warm-up-" + i))));
        broker.freeze();
        List<Integer> accepted = new ArrayList<>();
        for (Api api : apis) {
            accepted.add((int) IntStream.range(0, 3).parallel()
                    .filter(i -> api.post(order("order-" + i)).status() == 201).count());
        }
        apis.forEach(api -> api.process().kill9()); // else the API would send again what it has not given up
        broker.kill9();
        broker.startAgain();
        List<Seen> seen = new ArrayList<>();
        for (int i = 0; i < labs.length; i++) {
            long there = labs[i].kafka().records(labs[i].events).stream()
                    .filter(record -> Kafka.text(record.key()).startsWith("order-")).count();
            long lost = Math.max(0, accepted.get(i) - there);
            seen.add(new Seen(lost == 0, accepted.get(i) + " of 3 answered 201, " + lost + " of those lost"));
        }
        return seen;
    }

    private static String order(String id) {
        return Api.order("customer123").replaceFirst("\\{", "{\"order_id\":\"" + id + "\",");
    }

    /** Five orders are done, and fifteen hang, when it is killed; with the fault mended, it is started again. */
    private static Seen killedInTheMiddle(Lab lab, String... switches) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().sendAll(IntStream.range(0, ORDERS).mapToObj(i ->
                record(lab, null, "order-" + i, i < 5 ? "customer123" : "customer-h")).toList());
        String[] options = Lab.with(switches, "--instance-id", "one");
        Running consumer = lab.consumer(options);
        until("five are done", () -> lab.outcomes().size() == 5);
        if (switches.length > 0) {
            until("all are committed", () -> lab.kafka().lag(lab.group, lab.events) == 0);
        }
        consumer.kill9();
        lab.consumer(Lab.with(options, "--no-failures"));
        until("it has caught up", () -> lab.kafka().lag(lab.group, lab.events) == 0);
        int done = lab.outcomes().size();
        return new Seen(done == ORDERS, done + " of 20 orders done, " + (ORDERS - done) + " lost");
    }

    private static Seen threeTimes(Lab lab, String... switches) {
        for (int copy = 0; copy < 3; copy++) {
            lab.sendOrders(0, ORDERS);
        }
        lab.consumer(switches);
        until("it has caught up", () -> lab.kafka().lag(lab.group, lab.events) == 0);
        Map<Integer, Long> orders = lab.ordersByOutcomes();
        long once = orders.getOrDefault(1, 0L);
        return new Seen(once == ORDERS, once + " orders done once, " + orders.getOrDefault(3, 0L)
                + " done three times");
    }

    /** Ten orders, a record that is not JSON, and, once the consumer has come that far, ten orders more. */
    private static Seen poison(Lab lab, String... switches) {
        lab.kafka().createTopic(lab.events, 3);
        sendTen(lab, 0);
        lab.kafka().send(new ProducerRecord<>(lab.events, 0, Kafka.bytes("poison"), Kafka.bytes("not json")));
        Running first = lab.consumer(switches);
        until("it has come that far", () -> !first.alive() || lab.kafka().lag(lab.group, lab.events) == 0);
        sendTen(lab, 10);
        Running second = first.alive() ? first : lab.consumer(switches);
        until("it has caught up, or stopped", () -> !second.alive() || lab.kafka().lag(lab.group, lab.events) == 0);
        long committed = lab.kafka().committed(lab.group, lab.events).get(0);
        return new Seen(committed == ORDERS + 1, committed + " of 21 records committed, " + (second.alive()
                ? lab.deadLetters().size() + " dead letter" : "and every restart stops there"));
    }

    private static void sendTen(Lab lab, int from) {
        lab.kafka().sendAll(IntStream.range(from, from + 10)
                .mapToObj(i -> record(lab, 0, "order-" + i, "customer123")).toList());
    }

    private static Seen oneHangs(Lab lab, String... switches) {
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().send(record(lab, 0, "hangs", "customer-h"));
        Running consumer = lab.consumer(Lab.with(switches, "--handler-timeout", "600000", "--work-ms", "1", "--json",
                "--figures-interval-ms", "200"));
        until("it hangs", () -> consumer.out().contains("\"in_flight\":1"));
        lab.kafka().sendAll(IntStream.range(0, ORDERS).mapToObj(i -> record(lab, 0, "order-" + i, "customer123"))
                .toList());
        if (switches.length == 0) {
            until("the others are done", () -> lab.outcomes().size() == ORDERS);
        } else {
            await().pollDelay(Duration.ofSeconds(3)).until(consumer::alive); // time enough: the other one needs less
        }
        int done = lab.outcomes().size();
        consumer.kill9(); // it would wait for the one that hangs
        return new Seen(done == ORDERS, done + " of the 20 done while it hangs");
    }

    private static ProducerRecord<byte[], byte[]> record(Lab lab, Integer partition, String id, String customer) {
        return new ProducerRecord<>(lab.events, partition, Kafka.bytes(id), Kafka.bytes(Api.record(id, customer, "1")));
    }

    private static void until(String what, Callable<Boolean> holds) {
        await(what).atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).ignoreExceptions().until(holds);
    }

    // --- what was seen --------------------------------------------------------------------------------------------

    /** Prints both, and returns whether the one held and the other broke. */
    private boolean report(Harm harm, List<Seen> both) throws Exception {
        boolean expected = both.getFirst().held && !both.getLast().held;
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("break", harm.toString());
            line.put("what", harm.what);
            line.put("as_built", both.getFirst().text);
            line.put("switch", harm.without);
            line.put("switched_off", both.getLast().text);
            line.put("as_expected", expected);
            System.out.println(Kafka.JSON.writeValueAsString(line));
            return expected;
        }
        say(line("as built", both.getFirst()) + "\n" + line(harm.without, both.getLast())
                + (expected ? "" : "\n  @|red not as expected|@"));
        return expected;
    }

    private static String line(String system, Seen seen) {
        return String.format("  %-18s@|%s %s|@", system, seen.held ? "green" : "red", seen.text);
    }

    private void say(String what) {
        if (!json) {
            System.out.println(Ansi.AUTO.string(what));
        }
    }
}
