///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Plants bugs, one at a time, and runs the proof that has to find it: jbang Mutants.java
//JAVA 21+
//DEPS info.picocli:picocli:4.7.7
//DEPS org.slf4j:slf4j-simple:2.0.17
//SOURCES lab/Repo.java
//SOURCES mutants/Patch.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lab.Repo;
import mutants.Patch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/**
 * Would the proofs notice? Each file in {@code mutants/} is a patch with a bug, and names the proof that has to fail
 * with it. This plants one after the other in a copy of the checkout, and runs that proof there.
 */
@Command(name = "Mutants", mixinStandardHelpOptions = true, version = "Kafka Order Lab",
        description = "Plants bugs, one at a time, and runs the proof that has to find each.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:every bug was found", "1:one survived, or its proof had no result", "2:wrong options"})
public class Mutants implements Callable<Integer> {
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final Pattern RESULT = Pattern.compile("(\\d+) passed, (\\d+) failed.*");

    @Option(names = "--only", defaultValue = ".*", paramLabel = "REGEX",
            description = "Plant only those whose name contains a match.")
    private Pattern only;

    /** What became known of a planted bug. */
    private enum Fate { FOUND, SURVIVED, NO_RESULT }

    public static void main(String... args) {
        System.exit(new CommandLine(new Mutants()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        List<Patch> planted = Patch.all().stream().filter(patch -> only.matcher(patch.name()).find()).toList();
        int found = 0;
        for (Patch patch : planted) {
            long began = System.nanoTime();
            Path log = Files.createDirectories(Repo.file(".cache/mutants")).resolve(patch.name() + ".log");
            Fate fate = run(patch, log);
            found += fate == Fate.FOUND ? 1 : 0;
            System.out.println(Ansi.AUTO.string("%s  %-41s %-50s %4d s  %s".formatted(switch (fate) {
                case FOUND -> "@|green found   |@";
                case SURVIVED -> "@|red SURVIVED|@";
                case NO_RESULT -> "@|red no result|@";
            }, patch.name(), patch.proof(), Duration.ofNanos(System.nanoTime() - began).toSeconds(), patch.what())));
        }
        System.out.printf("%d of %d planted bugs were found; logs: .cache/mutants%n", found, planted.size());
        return found == planted.size() && found > 0 ? 0 : 1;
    }

    /** In a copy: the reader's own files stay as they are. */
    private static Fate run(Patch patch, Path log) throws Exception {
        Path copy = Files.createTempDirectory("order-lab-mutant-");
        try {
            copyTo(copy);
            patch.plant(copy);
            List<String> command = new ArrayList<>(
                    List.of(copy.resolve("jbang").toString(), "harness/Harness.java", "--only", patch.proof()));
            command.addAll(patch.proof().startsWith("Checker") ? List.of("--check") : List.of("--broker", "embedded"));
            start(copy, log, command);
            Matcher result = RESULT.matcher(last(log));
            return !result.matches() ? Fate.NO_RESULT
                    : Integer.parseInt(result.group(2)) > 0 ? Fate.FOUND : Fate.SURVIVED;
        } finally {
            delete(copy);
        }
    }

    private static String last(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
        return lines.isEmpty() ? "" : lines.getLast();
    }

    /** Starts a command in a folder, and waits for its end; its output goes to the log. */
    private static void start(Path folder, Path log, List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(log.toFile()).start();
        Thread end = new Thread(process::destroy); // on Ctrl-C it ends what it started
        Runtime.getRuntime().addShutdownHook(end);
        if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
            process.destroy();
            process.waitFor();
        }
        Runtime.getRuntime().removeShutdownHook(end);
    }

    private static void copyTo(Path copy) throws IOException {
        Path root = Repo.root();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path relative = root.relativize(file);
                if (!List.of(".git", ".cache").contains(relative.getName(0).toString())) {
                    Path to = copy.resolve(relative.toString());
                    Files.createDirectories(to.getParent());
                    Files.copy(file, to, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.toList().reversed()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
