///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Plants bugs, one at a time, and runs the proof that has to find it: jbang Mutants.java
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.awaitility:awaitility:4.3.0
//SOURCES lab/Api.java
//SOURCES lab/Broker.java
//SOURCES lab/Build.java
//SOURCES lab/ClassData.java
//SOURCES lab/Ended.java
//SOURCES lab/Kafka.java
//SOURCES lab/Lab.java
//SOURCES lab/Reaper.java
//SOURCES lab/Repo.java
//SOURCES lab/Running.java
//SOURCES lab/Sentence.java
//SOURCES lab/Series.java
//SOURCES mutants/Patch.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import lab.Build;
import lab.ClassData;
import lab.Repo;
import lab.Running;
import lab.Sentence;
import mutants.Patch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/**
 * Would the proofs notice? Each file in {@code mutants/} is a patch with a bug, and names the proof that has to fail
 * with it. This compiles one after the other, each into a folder of its own, and runs that proof with these classes
 * before those of the scripts and of the harness: the sources stay as they are, and nothing else is built again.
 * Before that each proof is run without a bug: one that fails then, as on a slow machine, has found nothing.
 */
@Command(name = "Mutants", mixinStandardHelpOptions = true, version = "Kafka Order Lab",
        description = "Plants bugs, one at a time, and runs the proof that has to find each.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:every bug was found", "1:one survived, or its proof had no result", "2:wrong options"})
public class Mutants implements Callable<Integer> {
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Pattern GUARANTEE = Pattern.compile("make prove PROOF=(\\d+)");
    private static final Pattern RESULT = Pattern.compile("(?m)^(\\d+) passed, (\\d+) failed.*\\s*\\z");

    @Option(names = "--only", defaultValue = ".*", paramLabel = "REGEX",
            description = "Plant only those whose name contains a match.")
    private Pattern only;

    private final Map<String, Boolean> holdsWithout = new HashMap<>(); // by proof

    /** What became known of a planted bug. */
    private enum Fate { FOUND, SURVIVED, NO_RESULT }

    public static void main(String... args) {
        System.exit(new CommandLine(new Mutants()).setExecutionExceptionHandler(new Sentence()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        List<Patch> planted = Patch.all().stream().filter(patch -> only.matcher(patch.name()).find()).toList();
        Path logs = Files.createDirectories(Repo.file(".cache/mutants/" + Instant.now().toString().replace(':', '-')));
        Build.scripts(logs);
        Build.others(logs, "harness/payments/PaymentConsumer.java", "harness/Harness.java", "harness/Prove.java");
        ClassData.make(logs);
        long start = System.nanoTime();
        int found = 0;
        for (Patch patch : planted) {
            long began = System.nanoTime();
            Fate fate = run(patch, Files.createDirectories(logs.resolve(patch.name())));
            found += fate == Fate.FOUND ? 1 : 0;
            System.out.println(Ansi.AUTO.string("%s  %-41s %-50s %4d s  %s".formatted(switch (fate) {
                case FOUND -> "@|green found   |@";
                case SURVIVED -> "@|red SURVIVED|@";
                case NO_RESULT -> "@|red no result|@";
            }, patch.name(), patch.proof(), secondsSince(began), patch.what())));
        }
        System.out.printf("%d of %d planted bugs were found, in %d s; logs: %s%n", found, planted.size(),
                secondsSince(start), Repo.root().relativize(logs));
        return found == planted.size() && found > 0 ? 0 : 1;
    }

    private static long secondsSince(long began) {
        return Duration.ofNanos(System.nanoTime() - began).toSeconds();
    }

    private Fate run(Patch patch, Path folder) throws IOException {
        Path nothing = Files.createDirectories(folder.resolve("nothing-planted"));
        boolean holds = holdsWithout.computeIfAbsent(patch.proof(),
                each -> play(patch, nothing, nothing) == Fate.SURVIVED);
        return holds ? play(patch, compiled(patch, folder), folder) : Fate.NO_RESULT;
    }

    private static Fate play(Patch patch, Path classes, Path folder) {
        Matcher guarantee = GUARANTEE.matcher(patch.proof());
        boolean prove = guarantee.matches();
        List<String> command = new ArrayList<>(prove ? Build.command("Prove", guarantee.group(1))
                : patch.needsABroker()
                ? Build.command("Harness", "--only", patch.proof(), "--broker", "embedded", "--parallel", "2")
                : Build.command("Harness", "--only", patch.proof(), "--check"));
        command.set(command.indexOf("-classpath") + 1, classes + ":" + classpath(command));
        try (Running proof = Running.start("proof", folder, Repo.root(), Map.of(Build.PLANTED, classes.toString()),
                command)) {
            int exitCode = proof.awaitExit(LONGEST);
            return prove ? proven(exitCode) : tested(proof.out());
        } catch (IllegalStateException e) { // it takes too long
            return Fate.NO_RESULT;
        }
    }

    private static Fate proven(int exitCode) {
        return switch (exitCode) {
            case 0 -> Fate.SURVIVED;
            case 1 -> Fate.FOUND;
            default -> Fate.NO_RESULT; // it was inconclusive, too
        };
    }

    private static Fate tested(String out) {
        Matcher result = RESULT.matcher(out);
        return !result.find() ? Fate.NO_RESULT : Integer.parseInt(result.group(2)) > 0 ? Fate.FOUND : Fate.SURVIVED;
    }

    private static Path compiled(Patch patch, Path folder) throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        String all = Stream.concat(Repo.scripts().stream(), Stream.of("PaymentConsumer", "Harness", "Prove"))
                .map(script -> classpath(Build.command(script))).collect(Collectors.joining(":"));
        List<String> arguments = new ArrayList<>(List.of("--release", "21", "-proc:none", "-nowarn", "-cp", all, "-d",
                classes.toString()));
        for (Path source : patch.plant(folder.resolve("sources"))) {
            arguments.add(source.toString());
        }
        Path log = folder.resolve("javac.txt");
        try (OutputStream out = Files.newOutputStream(log)) {
            if (ToolProvider.getSystemJavaCompiler().run(null, out, out, arguments.toArray(String[]::new)) != 0) {
                throw new IllegalStateException(patch.name() + " does not compile, see " + log + ": make it again.");
            }
        }
        return classes;
    }

    private static String classpath(List<String> command) {
        return command.get(command.indexOf("-classpath") + 1);
    }
}
