///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Proves each guarantee, and that it fails once it is switched off: jbang Prove.java
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.awaitility:awaitility:4.3.0
//SOURCES guarantees/*.java
//SOURCES history/*.java
//SOURCES lab/Api.java
//SOURCES lab/Broker.java
//SOURCES lab/Build.java
//SOURCES lab/ClassData.java
//SOURCES lab/Cluster.java
//SOURCES lab/Ended.java
//SOURCES lab/Kafka.java
//SOURCES lab/Lab.java
//SOURCES lab/Ports.java
//SOURCES lab/Proxy.java
//SOURCES lab/Reaper.java
//SOURCES lab/Repo.java
//SOURCES lab/Running.java
//SOURCES lab/Sentence.java
//SOURCES lab/Series.java
//SOURCES matrix/*.java
//SOURCES report/JUnitXml.java
//SOURCES report/Page.java
//SOURCES report/Proofs.java
//SOURCES report/Proven.java
//SOURCES report/ReadmeTable.java
//SOURCES report/Timeline.java
//SOURCES story/*.java
//FILES report/page.html=report/page.html
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error

import guarantees.Guarantees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import lab.Broker;
import lab.Build;
import lab.ClassData;
import lab.Repo;
import lab.Sentence;
import matrix.Found;
import matrix.Lives;
import matrix.Matrix;
import matrix.Point;
import matrix.Table;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import report.JUnitXml;
import report.Page;
import report.Proofs;
import report.Proven;
import report.ReadmeTable;
import story.Stage;

/**
 * Does each guarantee hold under a real fault, and does it fail without its switch? The same happens to two systems at
 * the same time: one as built, one with the guarantee switched off. What happened is recorded, and a checker names what
 * is wrong.
 */
@Command(name = "Prove", mixinStandardHelpOptions = true, version = "Kafka Order Lab",
        description = "Proves each guarantee, and shows that the proof fails once the guarantee is switched off.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:each held as built, and failed as expected without; no crash of the matrix did harm",
            "1:one did not, or a crash did harm",
            "2:wrong options, or a run that proves nothing: a fault did not bite, a story was cut short, or a point "
                + "was not reached",
            "130, 143:ended by Ctrl-C or SIGTERM"})
public class Prove implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "NUMBER", description = "Which guarantees; without it, all.")
    private List<Integer> only = new ArrayList<>();

    @Option(names = "--parallel", defaultValue = "2", paramLabel = "N",
            description = "How many stories to play at a time (default: ${DEFAULT-VALUE}).")
    private int parallel;

    @Option(names = "--bootstrap-server", paramLabel = "HOST:PORT",
            description = "A Kafka that is running, such as that of make up, instead of one for this.")
    private String bootstrap;

    @Option(names = "--matrix", description = "Kill each script at every request of a short life, instead.")
    private boolean matrix;

    @Option(names = "--only", defaultValue = ".*", paramLabel = "REGEX",
            description = "Of the matrix, only the points whose script and name contain a match, such as "
                    + "'replay.*after EndTxn#1'.")
    private Pattern points;

    @Option(names = "--every", defaultValue = "1", paramLabel = "N",
            description = "Of these, every N-th (default: ${DEFAULT-VALUE}).")
    private int every;

    @Option(names = "--json", description = "Print the results as JSON lines.")
    private boolean json;

    @Option(names = "--readme", description = "Write the table of guarantees in README.md, if all are as expected.")
    private boolean readme;

    @Spec
    private CommandSpec spec;

    private final Map<Integer, Proven> proven = new TreeMap<>();
    private Path folder;
    private Proofs table;
    private boolean ended;

    public static void main(String... args) {
        Sentence sentence = new Sentence();
        System.exit(new CommandLine(new Prove()).setExecutionExceptionHandler((e, command, parsed) -> {
            sentence.handleExecutionException(e, command, parsed);
            return 2; // nothing was proven
        }).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (every < 1 || matrix && !only.isEmpty()) {
            throw new ParameterException(spec.commandLine(),
                    "--every has to be 1 or more, and --matrix takes no NUMBER: choose its points with --only.");
        }
        List<Guarantees> chosen = chosen();
        Path build = Repo.file(".cache/prove");
        folder = Files.createDirectories(build.resolve(Instant.now().toString().replace(':', '-')));
        link(build.resolve("latest"), folder);
        if (matrix) {
            return crash(folder);
        }
        table = new Proofs(System.out, json);
        table.begin(chosen.size(), Repo.root().relativize(folder));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(chosen.size()), "what was proven so far"));
        Build.others(folder, "scripts/DlqInspector.java", "scripts/KafkaBroker.java", "scripts/KafkaProxy.java",
                "scripts/OrderApi.java", "scripts/OrderConsumer.java");
        try (Broker broker = bootstrap == null ? Broker.embedded(folder.resolve("broker"), "for this")
                : Broker.running(bootstrap)) {
            play(chosen, broker);
        }
        end(chosen.size());
        if (readme && table.exitCode() == 0) {
            ReadmeTable.write(Repo.file("README.md"), proven.values());
        }
        return table.exitCode();
    }

    private List<Guarantees> chosen() {
        List<Guarantees> chosen = Arrays.stream(Guarantees.values())
                .filter(each -> only.isEmpty() || only.contains(each.number())).toList();
        if (chosen.size() < only.size()) {
            throw new ParameterException(spec.commandLine(), "There is no guarantee " + only + ": give some of "
                    + Arrays.stream(Guarantees.values()).map(Guarantees::number).toList() + ".");
        }
        if (readme && chosen.size() < Guarantees.values().length) {
            throw new ParameterException(spec.commandLine(), "--readme needs all guarantees: give no numbers.");
        }
        return chosen;
    }

    /** Each story has topics and groups of its own, so that several can be played at a time. */
    private void play(List<Guarantees> chosen, Broker broker) throws Exception {
        try (ExecutorService stages = Executors.newFixedThreadPool(parallel)) {
            ExecutorCompletionService<Proven> done = new ExecutorCompletionService<>(stages);
            chosen.forEach(each -> done.submit(() -> prove(each, broker)));
            for (int i = 0; i < chosen.size(); i++) {
                add(done.take().get());
            }
        }
    }

    private Proven prove(Guarantees one, Broker broker) {
        Path own = folder.resolve(one.number() + "-" + one.name().toLowerCase().replace('_', '-'));
        return new Proven(one.number(), own, Stage.play(one.guarantee(), broker, own));
    }

    private synchronized void add(Proven one) {
        if (!ended) { // later, all fails because the processes are being ended
            table.add(one.number(), one.played());
            proven.put(one.number(), one);
        }
    }

    /** Writes down what was proven, once: at the end, or at Ctrl-C. */
    private synchronized void end(int chosen) {
        if (ended) {
            return;
        }
        ended = true;
        List<Proven> all = List.copyOf(proven.values());
        try {
            JUnitXml.write(folder, all);
            table.end(all, Repo.root().relativize(Page.write(folder, chosen, all)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Crashes need a thousand starts: they are made cheaper first. */
    private int crash(Path folder) throws Exception {
        Build.scripts(folder);
        Build.inBackground(folder, "harness/payments/PaymentConsumer.java", Build.BRIEF);
        ClassData.make(folder);
        Table points = new Table(System.out, json);
        points.begin(Repo.root().relativize(folder));
        try (Broker broker = Broker.embedded(folder.resolve("broker"), "for this");
                Matrix crashes = new Matrix(broker, folder, 2 * parallel)) {
            for (Lives lives : Lives.values()) {
                long began = System.nanoTime();
                List<Point> chosen = Matrix.every(every, crashes.points(lives).stream()
                        .filter(point -> this.points.matcher(lives.title() + " " + point).find()).toList());
                List<Found> found = crashes.kill(lives, chosen, one -> points.add(lives, one, chosen.size()));
                points.end(lives, found, Duration.ofNanos(System.nanoTime() - began));
            }
        }
        points.end();
        return points.exitCode();
    }

    private static void link(Path link, Path folder) throws IOException {
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, folder.getFileName());
    }
}
