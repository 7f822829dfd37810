///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Measures the scripts, compared with the limits of the same machine: jbang Bench.java --only drain
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.awaitility:awaitility:4.3.0
//SOURCES bench/Contender.java
//SOURCES bench/Figure.java
//SOURCES bench/LiveHeap.java
//SOURCES bench/Load.java
//SOURCES bench/Median.java
//SOURCES bench/Orders.java
//SOURCES bench/Outcomes.java
//SOURCES bench/Report.java
//SOURCES bench/Row.java
//SOURCES bench/StalledClients.java
//SOURCES bench/Track.java
//SOURCES bench/rows/*.java
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
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.defaultLogLevel=error

import bench.Report;
import bench.Row;
import bench.Track;
import bench.rows.ApiConnections;
import bench.rows.ApiKeys;
import bench.rows.ApiStalled;
import bench.rows.ApiStart;
import bench.rows.ApiThroughput;
import bench.rows.DeadLetters;
import bench.rows.Drain;
import bench.rows.KeyOrder;
import bench.rows.Ledger;
import bench.rows.Rebalance;
import bench.rows.Refused;
import bench.rows.Scaling;
import bench.rows.WaitBound;
import bench.rows.WarmUp;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import lab.Broker;
import lab.Build;
import lab.Repo;
import lab.Sentence;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How fast are the scripts, and how fast could anything be on this machine? Every figure is compared with its limit,
 * measured in the same run: broker, contenders and this program share the cores. Contenders are real processes, started
 * one after the other with JBang's own commands, and observed from outside.
 */
@Command(
        name = "Bench",
        mixinStandardHelpOptions = true,
        description = "Measures the scripts, compared with the limits of the same machine.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:every figure is as required", "1:some are not, or could not be measured", "2:wrong options"})
public class Bench implements Callable<Integer> {
    private static final List<Row> ROWS = List.of(
            new Drain(), new WaitBound(), new KeyOrder(), new Ledger(), new Scaling(), new Rebalance(), new Refused(),
            new ApiThroughput(), new ApiConnections(), new ApiKeys(), new ApiStalled(), new ApiStart(),
            new DeadLetters());

    @Option(names = "--only", defaultValue = ".*", paramLabel = "REGEX",
            description = "Measure only the rows whose name contains a match: drain, wait-bound, key-order, ledger, "
                    + "scaling, rebalance, api-rate, api-connections, api-keys, api-stalled, api-start, dlq.")
    private Pattern only;

    @Option(names = "--broker", paramLabel = "HOST:PORT",
            description = "A Kafka that is running (default: KafkaBroker.java, started for this).")
    private String address;

    @Option(names = "--scale", defaultValue = "1", paramLabel = "FACTOR",
            description = "Multiplies the numbers of orders: 0.1 for a quick look (default: ${DEFAULT-VALUE}, the size "
                    + "that the required figures are for).")
    private double scale;

    @Option(names = "--rounds", defaultValue = "3", paramLabel = "N",
            description = "How often to measure, in turn, what differs little; the median counts (default: "
                    + "${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--json", arity = "0..1", fallbackValue = "-", paramLabel = "FILE",
            description = "Write the figures as JSON too, to a file or (all else on standard error) standard output.")
    private String json;

    private volatile Track current;

    public static void main(String... args) {
        System.exit(new CommandLine(new Bench()).setExecutionExceptionHandler(new Sentence()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        PrintStream out = System.out;
        if ("-".equals(json)) {
            System.setOut(System.err);
        }
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(); // of the last minute
        if (load > Runtime.getRuntime().availableProcessors() / 2.0) {
            System.err.printf("this machine is busy (load %.1f): the figures may be wrong%n", load);
        }
        Path logs = Files.createDirectories(Repo.file(".cache/bench/" + Instant.now().toString().replace(':', '-')));
        Build.atFullSpeed(logs, "scripts/DlqInspector.java", "scripts/KafkaBroker.java", "scripts/OrderApi.java",
                "scripts/OrderConsumer.java", "harness/bench/BareApi.java", "harness/bench/BareLoop.java",
                "harness/bench/BareReader.java", "harness/bench/HttpLoad.java");
        Report report = new Report(scale, load);
        try (Broker broker = address == null ? Broker.embedded(logs, "for this") : Broker.running(address)) {
            System.err.println("broker: " + broker.description() + "; logs: " + Repo.root().relativize(logs));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(broker))); // with Ctrl-C
            measure(new WarmUp(), broker, logs.resolve("warm-up"), report);
            ROWS.stream().filter(row -> only.matcher(row.name()).find())
                    .forEach(row -> measure(row, broker, logs.resolve(row.name()), report));
        }
        System.out.print("\n" + report.table());
        if ("-".equals(json)) {
            out.println(report.json());
        } else if (json != null) {
            Files.writeString(Path.of(json), report.json() + "\n");
        }
        return report.ok() ? 0 : 1;
    }

    /** Stops the broker last: consumers end sooner while it is there. */
    private void stop(Broker broker) {
        if (current != null) {
            current.stopAll();
        }
        broker.close();
    }

    /** If a row cannot be measured, the others still are. */
    private void measure(Row row, Broker broker, Path logs, Report report) {
        System.err.println(row.name());
        try (Track track = new Track(broker, logs, scale, rounds)) {
            current = track;
            try {
                report.add(row.measure(track));
            } catch (RuntimeException e) {
                e.printStackTrace();
                System.err.println(track.tails());
                report.failed(row);
            }
        }
    }
}
