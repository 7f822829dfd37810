package lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Builds every script once, one after the other (JBang's cold builds cannot run at the same time), and asks JBang for
 * the command that runs it, so that a hundred starts do not start JBang a hundred times. The answer is kept in JBang's
 * cache until a source changes.
 */
public final class Build {
    /** For a process that lives for seconds: quick compilation, and garbage collection in one thread. */
    public static final String[] BRIEF = {"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"};

    /** The same for what is started through JBang, and for JBang itself. */
    public static final Map<String, String> QUICK = Map.of("JAVA_TOOL_OPTIONS",
            String.join(" ", BRIEF) + " -Djava.io.tmpdir=" + Reaper.temporary());

    /** The variable with a folder of classes that come before those of the scripts: bugs that are planted. */
    public static final String PLANTED = "KAFKA_ORDER_LAB_PLANTED";

    private static final String FIRST = System.getenv(PLANTED) == null ? "" : System.getenv(PLANTED) + ":";
    private static final Path ANSWERS = jbangCache().resolve("kafka-order-lab");
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final Pattern SOURCE = Pattern.compile("(?m)^//(?:SOURCES |FILES .*=)(\\S+)$");
    private static final ExecutorService ONE_BY_ONE = Executors.newSingleThreadExecutor(Thread.ofPlatform()
            .name("builds").daemon().factory());
    private static final Map<String, CompletableFuture<Start>> STARTS = new ConcurrentHashMap<>();

    /** @param classData where JBang writes it after a script's first run; JBang does not say so before */
    private record Start(List<String> java, String classData, String classpath, String main) {
        private static final boolean AOT = Runtime.version().feature() >= 25;

        List<String> command(String... options) {
            if (!FIRST.isEmpty()) {
                return command(List.of(), options); // class data is of the classes as they are
            }
            if (AOT && isBrief() && Files.exists(aotCache())) {
                return command(List.of("-Xlog:aot=off:stderr", "-XX:AOTCache=" + aotCache()), options);
            }
            return command(Files.exists(Path.of(classData)) ? List.of("-XX:SharedArchiveFile=" + classData) : List.of(),
                    options);
        }

        /** The same with more at the end of the classpath, and another main class. */
        Start with(String more, String otherMain) {
            return new Start(java, classData, classpath + ":" + more, otherMain);
        }

        List<String> trainingCommand(String... options) {
            return command(List.of(AOT ? "-XX:AOTCacheOutput=" + aotCache() : "-XX:ArchiveClassesAtExit=" + classData),
                    options);
        }

        private List<String> command(List<String> javaOptions, String... options) {
            List<String> command = new ArrayList<>(java);
            command.add("-Djava.io.tmpdir=" + Reaper.temporary());
            command.addAll(javaOptions);
            command.addAll(List.of("-classpath", FIRST + classpath, main));
            command.addAll(List.of(options));
            return command;
        }

        boolean isTrained() {
            return Files.exists(AOT ? aotCache() : Path.of(classData));
        }

        /** This Java's AOT cache, which includes class data (JEP 514); it can be used with these options only. */
        private Path aotCache() {
            return Path.of(classData.replaceFirst("jsa$", Runtime.version() + ".aot"));
        }

        private boolean isBrief() {
            return java.containsAll(List.of(BRIEF));
        }

        boolean complete() {
            return Stream.concat(Stream.of(java.getFirst()), Stream.of(classpath.split(":"))).map(Path::of)
                    .allMatch(Files::exists);
        }
    }

    private Build() {
    }

    public static void scripts(Path logs) {
        others(logs, Repo.scripts().stream().map(script -> "scripts/" + script + ".java").toArray(String[]::new));
    }

    /** The same for programs that are not scripts of the project; paths start at the top of the checkout. */
    public static void others(Path logs, String... paths) {
        now(logs, List.of(BRIEF), paths);
    }

    /** The same for programs that are measured, with no limit to their compilation. */
    public static void atFullSpeed(Path logs, String... paths) {
        now(logs, List.of(), paths);
    }

    private static void now(Path logs, List<String> javaOptions, String... paths) {
        Arrays.stream(paths).forEach(path -> inBackground(logs, path, javaOptions.toArray(String[]::new)));
        Arrays.stream(paths).forEach(path -> start(name(path)));
    }

    /** Returns at once: {@link #command} waits for the build of its script, {@link #jbang} for all builds. */
    public static void inBackground(Path logs, String path, String... javaOptions) {
        STARTS.put(name(path),
                CompletableFuture.supplyAsync(() -> build(logs, path, List.of(javaOptions)), ONE_BY_ONE));
    }

    /** The command that runs a script, just as JBang would. */
    public static List<String> command(String script, String... options) {
        return start(script).command(options);
    }

    /** The command that runs a script many times: see {@link Series}. */
    static List<String> seriesCommand(String script) {
        try {
            Path here = Path.of(Series.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            return start(script).with(here.toString(), Series.class.getName()).command(script);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The same for a training run: later runs find the classes that it loads loaded and linked. */
    static List<String> trainingCommand(String script, String... options) {
        return start(script).trainingCommand(options);
    }

    /** Whether a script had such a run. */
    static boolean isTrained(String script) {
        return start(script).isTrained();
    }

    /** The command that a user types to run a script. */
    public static List<String> line(String script, String... options) {
        List<String> line = new ArrayList<>(List.of(jbang(), Repo.file("scripts/" + script + ".java").toString()));
        line.addAll(List.of(options));
        return line;
    }

    /** The path of the wrapper, once all is built. */
    public static String jbang() {
        finish();
        return Repo.file("jbang").toString();
    }

    /**
     * Writes a program that replaces the wrapper for the project's scripts: it runs the commands that JBang has given
     * for them, without starting JBang again.
     */
    public static Path insteadOfJBang(Path folder) {
        StringBuilder program = new StringBuilder("#!/usr/bin/env bash\nscript=$1\nshift\ncase $script in\n");
        for (String script : Repo.scripts()) {
            program.append("scripts/").append(script).append(".java) exec");
            command(script).forEach(word -> program.append(" '").append(word.replace("'", "'\\''")).append('\''));
            program.append(" \"$@\" ;;\n");
        }
        try {
            Path file = Files.writeString(Files.createDirectories(folder).resolve("jbang"), program.append("esac\n"));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until all is built: meanwhile nothing else may be started through JBang. */
    public static void finish() {
        STARTS.keySet().forEach(Build::start);
    }

    private static Start start(String script) {
        try {
            return STARTS.get(script).join();
        } catch (CompletionException e) {
            throw new IllegalStateException(e.getCause().getMessage(), e);
        }
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1).replace(".java", "");
    }

    // --- building -------------------------------------------------------------------------------------------------

    private static Start build(Path logs, String path, List<String> options) {
        Path known = ANSWERS.resolve(name(path) + "-" + digest(path, options) + ".json");
        try {
            if (Files.exists(known)) {
                Start start = Kafka.JSON.readValue(known.toFile(), Start.class);
                if (start.complete()) {
                    return start;
                }
            }
            Start start = ask(logs, path, options);
            Files.createDirectories(known.getParent());
            Kafka.JSON.writeValue(known.toFile(), start);
            return start;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where JBang keeps what it builds. */
    public static Path jbangCache() {
        String cache = System.getenv("JBANG_CACHE_DIR");
        String jbang = System.getenv("JBANG_DIR");
        Path home = jbang != null ? Path.of(jbang) : Path.of(System.getProperty("user.home"), ".jbang");
        return cache != null ? Path.of(cache) : home.resolve("cache");
    }

    /** Where Maven, and JBang with it, keeps what it downloads. */
    public static Path mavenRepository() {
        String repository = System.getenv("JBANG_REPO");
        return repository != null ? Path.of(repository)
                : Path.of(System.getProperty("user.home"), ".m2", "repository");
    }

    private static Start ask(Path logs, String path, List<String> options) {
        JsonNode info = info(logs, path);
        if (!Files.exists(
                Path.of(info.path("applicationJar").asText()))) { // its path contains a hash of the sources
            System.out.println("building " + path);
            runJBang(logs, path, "build");
            info = info(logs, path); // the main class is known only now
        }
        List<String> java = new ArrayList<>();
        java.add(Path.of(info.path("availableJdkPath").asText(), "bin", "java").toString());
        java.addAll(options);
        info.path("runtimeOptions").forEach(option -> java.add(option.asText()));
        List<String> classpath = new ArrayList<>(List.of(info.path("applicationJar").asText()));
        info.path("resolvedDependencies").forEach(jar -> classpath.add(jar.asText()));
        return new Start(java, classpath.getFirst().replaceFirst("\\.jar$", ".jsa"), String.join(":", classpath),
                info.path("mainClass").asText());
    }

    private static JsonNode info(Path logs, String path) {
        return Kafka.json(Kafka.bytes(runJBang(logs, path, "info", "tools")));
    }

    private static String runJBang(Path logs, String path, String... command) {
        List<String> line = new ArrayList<>(List.of(Repo.file("jbang").toString()));
        line.addAll(List.of(command));
        line.add(Repo.file(path).toString());
        Running running = Running.start(command[0] + "-" + name(path), logs, Repo.root(), QUICK, line);
        if (running.awaitExit(LONGEST) != 0) {
            throw new IllegalStateException(path + " does not build\n" + running.tail());
        }
        return running.out();
    }

    /** Of all that JBang's answer depends on: the sources' content, and the variables for JDK and caches. */
    private static String digest(String path, List<String> options) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            Stream.of("PATH", "JAVA_HOME", "JBANG_DIR", "JBANG_CACHE_DIR", "HOME").map(System::getenv)
                    .forEach(value -> digest.update((value + "\n").getBytes(StandardCharsets.UTF_8)));
            options.forEach(option -> digest.update(option.getBytes(StandardCharsets.UTF_8)));
            digest.update(Files.readAllBytes(Repo.file("jbang")));
            addSources(Repo.file(path), digest, new HashSet<>());
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void addSources(Path source, MessageDigest digest, Set<Path> seen) throws IOException {
        if (seen.add(source.normalize())) {
            String text = Files.readString(source);
            digest.update(text.getBytes(StandardCharsets.UTF_8));
            for (Matcher more = SOURCE.matcher(text); more.find(); ) {
                for (Path one : named(source.resolveSibling(more.group(1)))) {
                    addSources(one, digest, seen);
                }
            }
        }
    }

    /** The files that a path names, which may have * and ** in it. */
    private static List<Path> named(Path path) throws IOException {
        if (!path.toString().contains("*")) {
            return List.of(path);
        }
        PathMatcher matcher = path.getFileSystem().getPathMatcher("glob:" + path);
        try (Stream<Path> files = Files.walk(path.getParent())) {
            return files.filter(matcher::matches).sorted().toList();
        }
    }
}
