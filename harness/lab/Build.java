package lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Builds every script once, one after the other (JBang's cold builds do not get along with each other), and asks JBang
 * for the command that runs it, so that a hundred starts are not a hundred times JBang's own.
 */
public final class Build {
    /** For what is started through JBang: a process that lives for seconds need not compile for hours. */
    public static final Map<String, String> QUICK = Map.of("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1");

    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final Map<String, Start> STARTS = new ConcurrentHashMap<>();

    /** @param classData where JBang leaves it after a script's first run */
    private record Start(List<String> java, Path classData, List<String> main) {
        List<String> command(String... options) {
            List<String> command = new ArrayList<>(java);
            if (hasClassData()) {
                command.add("-XX:SharedArchiveFile=" + classData);
            }
            command.addAll(main);
            command.addAll(List.of(options));
            return command;
        }

        boolean hasClassData() {
            return Files.isRegularFile(classData);
        }
    }

    private Build() {
    }

    public static void scripts(Path logs) {
        others(logs, Repo.scripts().stream().map(script -> "scripts/" + script + ".java").toArray(String[]::new));
    }

    /** The same for what is no script of the project's; paths start at the top of the checkout. */
    public static void others(Path logs, String... paths) {
        Arrays.stream(paths).forEach(path -> build(logs, path, "-XX:TieredStopAtLevel=1"));
    }

    /** The same for what is to be measured, and so may compile as it likes. */
    public static void atFullSpeed(Path logs, String... paths) {
        Arrays.stream(paths).forEach(path -> build(logs, path));
    }

    private static void build(Path logs, String path, String... options) {
        JsonNode info = info(logs, path);
        if (!Files.exists(
                Path.of(info.path("applicationJar").asText()))) { // its path is made from the sources' content
            System.out.println("building " + path);
            jbang(logs, path, "build");
            info = info(logs, path); // the main class is known only now
        }
        List<String> java = new ArrayList<>();
        java.add(Path.of(info.path("availableJdkPath").asText(), "bin", "java").toString());
        java.addAll(List.of(options));
        info.path("runtimeOptions").forEach(option -> java.add(option.asText()));
        List<String> classpath = new ArrayList<>(List.of(info.path("applicationJar").asText()));
        info.path("resolvedDependencies").forEach(jar -> classpath.add(jar.asText()));
        STARTS.put(name(path), new Start(java, Path.of(info.path("applicationJsa").asText()),
                List.of("-classpath", String.join(":", classpath), info.path("mainClass").asText())));
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1).replace(".java", "");
    }

    /** The command that runs a script, just as JBang would. */
    public static List<String> command(String script, String... options) {
        return STARTS.get(script).command(options);
    }

    /** The command that a user types to run a script. */
    public static List<String> line(String script, String... options) {
        List<String> line = new ArrayList<>(List.of(
                Repo.file("jbang").toString(), Repo.file("scripts/" + script + ".java").toString()));
        line.addAll(List.of(options));
        return line;
    }

    /** Whether JBang has left class data of all scripts. */
    static boolean haveClassData() {
        return Repo.scripts().stream().allMatch(script -> STARTS.get(script).hasClassData());
    }

    /** Builds what the proofs start beside the scripts: several at once would race. */
    public static void demo(Path logs) {
        Running build = Running.start("build-Demo", logs, Repo.root(), Map.of(),
                List.of(Repo.file("jbang").toString(), "build", "harness/Demo.java"));
        if (build.awaitExit(LONGEST) != 0) {
            throw new IllegalStateException("Demo does not build\n" + build.tail());
        }
    }

    private static JsonNode info(Path logs, String path) {
        return Kafka.json(Kafka.bytes(jbang(logs, path, "info", "tools")));
    }

    private static String jbang(Path logs, String path, String... command) {
        List<String> line = new ArrayList<>(List.of(Repo.file("jbang").toString()));
        line.addAll(List.of(command));
        line.add(Repo.file(path).toString());
        Running running = Running.start(command[0] + "-" + name(path), logs, Repo.root(), Map.of(), line);
        if (running.awaitExit(LONGEST) != 0) {
            throw new IllegalStateException(path + " does not build\n" + running.tail());
        }
        return running.out();
    }
}
