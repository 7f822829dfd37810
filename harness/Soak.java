///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Clients and random faults for ten minutes, and what a checker says of it: jbang Soak.java --seed 7
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.awaitility:awaitility:4.3.0
//SOURCES history/*.java
//SOURCES lab/Api.java
//SOURCES lab/Broker.java
//SOURCES lab/Build.java
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
//SOURCES soak/*.java
//SOURCES story/*.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xmx1g -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=off

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import lab.Build;
import lab.Repo;
import lab.Sentence;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import soak.Disruption;
import soak.Mode;
import soak.Plan;
import soak.Progress;
import soak.Verdicts;

/**
 * Does anything go wrong, however clients, scripts, brokers and network behave? A cluster, APIs, consumers and replays,
 * with faults that a seed chooses, and the checker of the guarantees. What fails is run again with fewer faults, until
 * a short story is left.
 */
@Command(name = "Soak", mixinStandardHelpOptions = true, version = "Kafka Order Lab",
        description = "Places orders while random faults happen, and checks each minute whether anything is wrong.",
        footerHeading = "%nExamples:%n",
        footer = {"  ./jbang harness/Soak.java --minutes 1 --seed 7",
            "  ./jbang harness/Soak.java --seed 7 --faults 'freeze broker 2@5..9, kill consumer 1@7..12'"},
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:nothing is wrong", "1:something is", "2:wrong options, or a run that was too easy: "
                + "something that has to happen now and then did not", "130, 143:ended by Ctrl-C or SIGTERM"})
public class Soak implements Callable<Integer> {
    @Option(names = "--minutes", defaultValue = "10", paramLabel = "N",
            description = "How long faults happen, without the checks (default: ${DEFAULT-VALUE}).")
    private double minutes;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed, the same faults (default: a random one).")
    private Long seed;

    @Option(names = "--faults", paramLabel = "FAULT@FROM..TO,...",
            description = "These faults instead of random ones, in ticks of a second: kill, stop or freeze (broker N, "
                    + "coordinator, consumer N, api N), run or kill replay, network (a command of KafkaProxy).")
    private String faults;

    @Option(names = "--commit", paramLabel = "manual|transactional",
            description = "How the consumers commit (default: chosen by the seed).")
    private String commit;

    @Option(names = "--rate", defaultValue = "25", paramLabel = "N",
            description = "Orders a second (default: ${DEFAULT-VALUE}).")
    private int rate;

    @Option(names = "--shrink-minutes", defaultValue = "10", paramLabel = "N",
            description = "For how long to run again with fewer faults what has failed; 0: not (default: "
                    + "${DEFAULT-VALUE}).")
    private double shrinkMinutes;

    @Option(names = "--json", description = "Print JSON lines.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    public static void main(String... args) {
        System.exit(new CommandLine(new Soak()).setExecutionExceptionHandler(new Sentence()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (commit != null && !commit.matches("manual|transactional") || rate < 1 || minutes <= 0) {
            throw new ParameterException(spec.commandLine(),
                    "Give --commit manual or transactional, and a --rate and --minutes above 0.");
        }
        List<Disruption> given = given();
        long chosen = seed == null ? new Random().nextInt(1_000_000) : seed;
        Path build = Repo.file(".cache/soak");
        Path folder = Files.createDirectories(build.resolve(Instant.now().toString().replace(':', '-')));
        link(build.resolve("latest"), folder);
        Build.others(folder, "scripts/DlqInspector.java", "scripts/KafkaBroker.java", "scripts/KafkaProxy.java",
                "scripts/OrderApi.java", "scripts/OrderConsumer.java");
        return new Verdicts(Mode.of(chosen, commit), chosen, rate, new Progress(System.out, json), folder)
                .run(given, (int) Math.ceil(minutes * 60), shrinkMinutes);
    }

    private List<Disruption> given() {
        try {
            return faults == null ? null : Plan.parse(faults);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }

    private static void link(Path link, Path folder) throws IOException {
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, folder.getFileName());
    }
}
