package proofs.project;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lab.Build;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Repo;
import lab.Running;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every script can be started in all documented ways. */
@ExtendWith(LabExtension.class)
class ScriptsProof {
    private static final Duration LONG = Duration.ofSeconds(120);

    @Test
    void withoutABrokerEveryClientLogsItsAttemptsAndThenFails(Lab lab) {
        for (String[] client : List.of(new String[] {"OrderApi", "--port", "0"}, new String[] {"OrderConsumer"},
                new String[] {"DlqInspector", "list"}, new String[] {"DuplicateSender"})) {
            Ended run = lab.run(client[0], Stream.concat(Stream.of(client).skip(1), Stream.of("--bootstrap-server",
                    "127.0.0.1:1", "--connect-attempts", "3", "--connect-interval-ms", "50")).toArray(String[]::new));
            assertThat(run.exitCode()).as(run.tail()).isEqualTo(3);
            assertThat(run.err().lines()).hasSize(3);
            assertThat(run.err())
                    .contains("(make broker starts one); attempt 1 of 3", "attempt 2 of 3",
                            "cannot be reached after 3 tries: start one (make broker)");
        }
    }

    /** A typing error is answered at once, with what was probably meant. */
    @Test
    void aTypingErrorIsAnsweredAtOnce(Lab lab) {
        mistake(lab, "OrderConsumer", "did you mean --dedup?", "--dedupe", "none");
        mistake(lab, "DlqInspector", "did you mean list?", "lst");
        mistake(lab, "DuplicateSender", "'many' is not a whole number", "--orders", "many");
        mistake(lab, "OrderApi", "'0' is not a number of partitions: give 1 or more", "--partitions", "0");
        mistake(lab, "OrderConsumer", "--freeze-at sent: give polled or handled or dead-lettered or written or "
                + "committed.", "--freeze-at", "sent");
        mistake(lab, "OrderApi", "--freeze-at sent: give acknowledged.", "--freeze-at", "sent");
        mistake(lab, "DuplicateSender", "--api localhost:8000 is not the URL of an API: give one such as http://",
                "--api", "localhost:8000");
        mistake(lab, "DuplicateSender", "--bootstrap-server http://localhost:9092 is a URL: give HOST:PORT, such as "
                + "localhost:9092.", "--bootstrap-server", "http://localhost:9092");
        for (String script : List.of("OrderConsumer", "DuplicateSender", "DlqInspector")) {
            assertThat(lab.runInSeries(script, "--version").out()).as(script).contains("Apache Kafka");
        }
    }

    @Test
    void aClientSettingThatAGuaranteeNeedsCannotBeChangedInSilence(Lab lab) throws Exception {
        Path file = Files.createDirectories(lab.folder()).resolve("client.properties");
        for (String setting : List.of("isolation.level=read_uncommitted", "acks=1", "enable.auto.commit=true")) {
            Files.writeString(file, setting + "\n");
            Ended ended = lab.runConsumer("--command-config", file.toString());
            assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(2);
            assertThat(ended.err()).contains("--command-config sets " + setting + ", but this script needs ");
        }
    }

    private static void mistake(Lab lab, String script, String answer, String... options) {
        Ended ended = lab.runInSeries(script, options);
        assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(2);
        assertThat(ended.err()).contains(answer).hasLineCount(1);
    }

    @Test
    void theDefaultIsTenAttemptsFiveSecondsApart(Lab lab) {
        assertThat(lab.run("OrderApi", "--help").out().replaceAll("\\s+", " "))
                .contains("(default: 10)", "(default: 5000)");
    }

    /** At the end, where a reader looks first; with options that there are, and values that are allowed. */
    @Test
    void everyHelpEndsWithExamplesThatAreRight(Lab lab) {
        List<String> commands = new ArrayList<>(Repo.scripts());
        for (String command : List.of("list", "show", "stats", "replay")) {
            commands.add("DlqInspector " + command);
        }
        for (String command : commands) {
            String help = help(lab, command);
            assertThat(help).as(command).containsPattern("\\nExamples:\\n( .*\\n)+$");
            help.substring(help.indexOf("\nExamples:\n")).lines().skip(2).forEach(line -> {
                String example = line.strip().replaceFirst("^\\./jbang scripts/(\\w+)\\.java", "$1");
                assertThat(example).as(line).startsWith(command);
                String options = help(lab, example);
                Pattern.compile("--[\\w-]+").matcher(example).results()
                        .forEach(option -> assertThat(options).as(line).contains(" " + option.group()));
            });
        }
    }

    private static String help(Lab lab, String command) {
        String[] words = (command + " --help").split(" ");
        Ended help = lab.runInSeries(words[0], Arrays.copyOfRange(words, 1, words.length));
        assertThat(help.exitCode()).as(command + help.tail()).isEqualTo(0);
        return help.out();
    }

    // --- the wrapper ----------------------------------------------------------------------------------------------

    @Test
    void theWrapperDownloadsJBangIfThereIsNone(Lab lab) throws Exception {
        Build.finish();
        Path bare = Files.createDirectories(lab.folder().resolve("a folder"));
        Path wrapper = Files.copy(Repo.file("jbang"), bare.resolve("jbang"));
        Files.writeString(bare.resolve("Echo.java"), """
            //JAVA 21+
            public class Echo {
                public static void main(String... args) {
                    System.out.println(String.join("|", args));
                    System.exit(7);
                }
            }
            """);
        Map<String, String> none = new HashMap<>(Build.QUICK);
        none.put("PATH", pathWithout(lab, "jbang"));
        none.put("JBANG_DIR", bare.resolve("jbang's").toString());
        String echo = bare.resolve("Echo.java").toString();
        Running first = lab.command("wrapper", none, wrapper.toString(), echo, "a b", "it's", "\"quoted\"", "$HOME *",
                "back\\slash");
        assertThat(first.awaitExit(LONG)).as(first.tail()).isEqualTo(7);
        assertThat(first.out()).isEqualTo("a b|it's|\"quoted\"|$HOME *|back\\slash\n");
        assertThat(first.err()).contains("from Maven Central (once)");
        assertThat(bare.resolve("jbang's/cache")).isDirectory();

        Running second = lab.command("wrapper", none, wrapper.toString(), echo);
        assertThat(second.awaitExit(LONG)).isEqualTo(7);
        assertThat(second.err()).doesNotContain("Maven");
    }

    @Test
    void theWrapperUsesTheInstalledJBangAndAFittingJdk(Lab lab) throws Exception {
        Path bin = Files.createDirectories(lab.folder().resolve("bin"));
        executable(bin.resolve("jbang"),
                "#!/bin/bash\n[ \"$1\" = version ] && echo 0.132.1 || echo \"installed: $JAVA_HOME: $*\"\n");
        Running run = lab.command("wrapper", Map.of("PATH", bin + ":" + System.getenv("PATH"), "JAVA_HOME", "/nowhere"),
                Repo.file("jbang").toString(), "x", "y z");
        assertThat(run.awaitExit(LONG)).as(run.tail()).isEqualTo(0);
        assertThat(run.out()).startsWith("installed: /").endsWith(": x y z\n").doesNotContain("/nowhere");
    }

    @Test
    void withNeitherJBangNorMavenTheWrapperSaysWhatToInstall(Lab lab) throws Exception {
        Path bin = Files.createDirectories(lab.folder().resolve("bin"));
        for (String tool : List.of("bash", "sed", "dirname", "readlink", "cat", "tr", "mkdir")) {
            Files.createSymbolicLink(bin.resolve(tool), which(tool));
        }
        Path wrapper = Files.copy(
                Repo.file("jbang"),
                Files.createDirectories(lab.folder().resolve("bare")).resolve("jbang"));
        Running run = lab.command("wrapper", Map.of("PATH", bin.toString(), "JBANG_DIR", bin.toString()),
                wrapper.toString(), "version");
        assertThat(run.awaitExit(LONG)).isEqualTo(1);
        assertThat(run.err()).contains("install JBang with").hasLineCount(1);
    }

    /** The PATH without the folders that have a tool; what the wrapper needs from these is linked. */
    private static String pathWithout(Lab lab, String tool) throws Exception {
        Path bin = Files.createDirectories(lab.folder().resolve("linked"));
        for (String needed :
                List.of("bash", "mvn", "java", "sed", "dirname", "readlink", "cat", "tr", "mkdir", "mv", "rm")) {
            Files.createSymbolicLink(bin.resolve(needed), which(needed));
        }
        return bin + ":" + Stream.of(System.getenv("PATH").split(":"))
                .filter(folder -> !Files.exists(Path.of(folder, tool))).collect(Collectors.joining(":"));
    }

    private static Path which(String tool) {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(folder -> Path.of(folder, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
    }

    private static void executable(Path file, String content) throws Exception {
        Files.writeString(file, content);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    // --- one version of everything --------------------------------------------------------------------------------

    @Test
    @Tag("check")
    void everyVersionIsPinnedOnce() throws Exception {
        Map<String, TreeSet<String>> versions = new TreeMap<>();
        List<Path> top;
        try (Stream<Path> files = Files.list(Repo.root())) { // caches change while other tests run
            top = files.filter(p -> !List.of(".git", ".cache").contains(p.getFileName().toString())).toList();
        }
        for (Path part : top) {
            List<Path> sources;
            try (Stream<Path> files = Files.walk(part)) {
                sources = files.filter(Files::isRegularFile)
                        .filter(p -> p.toString().matches(".*(\\.java|\\.yml|\\.md|\\.json|/jbang|/Makefile|/run)"))
                        .toList();
            }
            for (Path source : sources) {
                String text = Files.readString(source);
                find(versions, text, "(?m)^//DEPS ([\\w.-]+:[\\w.-]+):([^@\\s]+)");
                find(versions, text, "(apache/kafka):([\\d.]+)");
                find(versions, text, "Apache (Kafka) (\\d[\\d.]*\\d)");
                find(versions, text, "(JBANG_VERSION)=([\\d.]+)");
            }
        }
        assertThat(versions.keySet().stream().filter(what -> what.matches("org\\.apache\\.kafka:.*|apache/kafka|Kafka"))
                .flatMap(part -> versions.get(part).stream()).distinct()).as("Apache Kafka").hasSize(1);
        assertThat(versions)
                .containsKeys("info.picocli:picocli", "org.slf4j:slf4j-simple", "apache/kafka", "JBANG_VERSION");
        assertThat(versions).allSatisfy((what, found) -> assertThat(found).as(what).hasSize(1));
    }

    @Test
    @Tag("check")
    void everyLineOfJavaFitsIn120Columns() throws Exception {
        for (String folder : List.of("scripts", "harness")) {
            try (Stream<Path> files = Files.walk(Repo.file(folder))) {
                for (Path file : files.filter(p -> p.toString().endsWith(".java")).toList()) {
                    assertThat(Files.readAllLines(file).stream().filter(line -> line.length() > 120))
                            .as(file.toString()).isEmpty();
                }
            }
        }
    }

    private static void find(Map<String, TreeSet<String>> versions, String text, String pattern) {
        var matcher = Pattern.compile(pattern).matcher(text);
        while (matcher.find()) {
            versions.computeIfAbsent(matcher.group(1), k -> new TreeSet<>()).add(matcher.group(2));
        }
    }
}
