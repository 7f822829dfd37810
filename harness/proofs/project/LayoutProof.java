package proofs.project;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lab.Repo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The layout of the sources: each folder below scripts/ lists its own files, each script the folders that it needs, and
 * imports go one way. No folder, here or there, has too many files.
 */
@Tag("check")
class LayoutProof {
    private static final Pattern COMMENT_OR_QUOTE = Pattern.compile(
            "(?s)/\\*.*?\\*/|//[^\n]*|\"\"\".*?\"\"\"|\"(?:[^\"\\\\\n]|\\\\.)*+\"|'(?:[^'\\\\]|\\\\.)'");
    private static final int LONGEST_SCRIPT = 300;
    private static final int LAST_LINE_FOR_A_CLASS = 99;
    private static final int FULLEST_FOLDER = 18;

    /** Folders below all others, for what several of them need: they import nothing, and all may import them. */
    private static final Set<String> GROUND = Set.of("messages");

    /** What each folder may import besides those. */
    private static final Map<String, Set<String>> IMPORTS = Map.ofEntries(
            Map.entry("api", Set.of("http", "cli", "cluster", "orders")),
            Map.entry("http", Set.of("cli")),
            Map.entry("flow", Set.of("cli", "cluster", "orders")),
            Map.entry("broker", Set.of("cli")),
            Map.entry("proxy", Set.of("cli")),
            Map.entry("sender", Set.of("cli")),
            Map.entry("metrics", Set.of("consumer", "work", "ledger", "cli")),
            Map.entry("consumer", Set.of("work", "ledger", "cluster")),
            Map.entry("work", Set.of("ledger")),
            Map.entry("ledger", Set.of("cluster")),
            Map.entry("replay", Set.of("dlq", "families", "cli", "cluster")),
            Map.entry("dlq", Set.of("families", "cli", "cluster")),
            Map.entry("families", Set.of()),
            Map.entry("cli", Set.of("cluster")),
            Map.entry("orders", Set.of()),
            Map.entry("cluster", Set.of()));

    // --- the proofs -----------------------------------------------------------------------------------------------

    /** A glob does not work from a URL, circular lists overflow JBang's stack, and files not listed are missing. */
    @Test
    void everyFolderListsExactlyItsOwnFiles() throws Exception {
        assertThat(folders()).isNotEmpty();
        for (String folder : folders()) {
            String label = Files.readString(Repo.file("scripts/" + folder + "/package-info.java"));
            assertThat(sources(label)).as(folder + "/package-info.java").containsExactlyElementsOf(
                    javaFiles(folder).stream().filter(file -> !file.equals("package-info.java")).toList());
            assertThat(label).as("what it is for").containsPattern("(?s)/\\*\\* .+ \\*/\npackage " + folder + ";");
            for (String file : javaFiles(folder)) {
                assertThat(Files.readString(Repo.file("scripts/" + folder + "/" + file))).as(folder + "/" + file)
                        .contains("\npackage ".substring(file.equals("package-info.java") ? 0 : 1) + folder + ";\n");
            }
        }
    }

    @Test
    void everyScriptListsExactlyTheFoldersItNeeds() throws Exception {
        Map<String, Set<String>> imports = imports();
        for (String script : Repo.scripts()) {
            String text = Files.readString(Repo.file("scripts/" + script + ".java"));
            Set<String> needed = new TreeSet<>();
            Deque<String> next = new ArrayDeque<>(named(code(text)).stream().map(LayoutProof::folder).toList());
            while (!next.isEmpty()) {
                String folder = next.pop();
                if (needed.add(folder)) {
                    next.addAll(imports.get(folder));
                }
            }
            assertThat(sources(text)).as(script).containsExactlyElementsOf(
                    needed.stream().map(folder -> folder + "/package-info.java").toList());
        }
    }

    @Test
    void importsGoOneWay() throws Exception {
        Set<String> forbidden = new TreeSet<>();
        imports().forEach((folder, imported) -> {
            assertThat(IMPORTS.containsKey(folder) || GROUND.contains(folder))
                    .as("IMPORTS says what " + folder + " may import").isTrue();
            imported.stream()
                    .filter(one -> GROUND.contains(folder)
                            || !GROUND.contains(one) && !IMPORTS.get(folder).contains(one))
                    .forEach(one -> forbidden.add(folder + " -> " + one));
        });
        assertThat(forbidden).as("imports that go up or sideways").isEmpty();
    }

    @Test
    void thereAreNoCircularImports() throws Exception {
        assertThat(circle(imports())).as("folders").isEmpty();
        assertThat(circle(files())).as("files").isEmpty();
    }

    /** Otherwise the proof above proves nothing. */
    @Test
    void aCircleIsFound() {
        assertThat(circle(Map.of("a", Set.of("b"), "b", Set.of("c"), "c", Set.of("b"), "d", Set.of("a"))))
                .containsExactly("b", "c", "b");
    }

    @Test
    void scriptsAndFoldersAreSmall() throws Exception {
        for (String script : Repo.scripts()) {
            List<String> lines = Files.readAllLines(Repo.file("scripts/" + script + ".java"));
            assertThat(lines).as(script).hasSizeLessThanOrEqualTo(LONGEST_SCRIPT);
            assertThat(lines.subList(0, LAST_LINE_FOR_A_CLASS)).as("the first lines of " + script)
                    .anyMatch(line -> line.startsWith("public class " + script));
        }
        for (String top : List.of("scripts", "harness")) {
            try (Stream<Path> files = Files.walk(Repo.file(top))) {
                assertThat(files.filter(file -> file.toString().endsWith(".java"))
                        .collect(Collectors.groupingBy(Path::getParent, Collectors.counting())))
                        .allSatisfy((folder, count) -> assertThat(count).as("the files in " + folder)
                                .isLessThanOrEqualTo(FULLEST_FOLDER));
            }
        }
    }

    /** The harness looks for them only there. */
    @Test
    void everyProofIsBelowProofs() throws Exception {
        try (Stream<Path> files = Files.walk(Repo.file("harness"))) {
            assertThat(files.filter(file -> file.toString().endsWith("Proof.java")))
                    .allMatch(file -> file.startsWith(Repo.file("harness/proofs")));
        }
    }

    // --- what is there --------------------------------------------------------------------------------------------

    private static List<String> folders() throws IOException {
        try (Stream<Path> files = Files.list(Repo.file("scripts"))) {
            return files.filter(Files::isDirectory).map(folder -> folder.getFileName().toString()).sorted().toList();
        }
    }

    private static List<String> javaFiles(String folder) throws IOException {
        try (Stream<Path> files = Files.list(Repo.file("scripts/" + folder))) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".java")).sorted()
                    .toList();
        }
    }

    private static List<String> sources(String text) {
        return text.lines().filter(line -> line.startsWith("//SOURCES ")).map(line -> line.substring(10)).toList();
    }

    /** Which folders each folder imports. */
    private static Map<String, Set<String>> imports() throws IOException {
        Map<String, Set<String>> imports = new TreeMap<>();
        for (String folder : folders()) {
            imports.put(folder, new TreeSet<>());
        }
        files().forEach((file, needed) -> needed.stream().map(LayoutProof::folder)
                .filter(folder -> !folder.equals(folder(file)))
                .forEach(folder -> imports.get(folder(file)).add(folder)));
        return imports;
    }

    /** The classes (folder.Name) that each needs: of other folders those it imports, of its own those it names. */
    private static Map<String, Set<String>> files() throws IOException {
        Map<String, String> code = new TreeMap<>();
        for (String folder : folders()) {
            for (String file : javaFiles(folder)) {
                if (!file.equals("package-info.java")) {
                    code.put(folder + "." + file.replace(".java", ""),
                            code(Files.readString(Repo.file("scripts/" + folder + "/" + file))));
                }
            }
        }
        Map<String, Set<String>> files = new TreeMap<>();
        for (Map.Entry<String, String> one : code.entrySet()) {
            Set<String> needed = named(one.getValue());
            Set<String> words = Pattern.compile("\\W+").splitAsStream(one.getValue().replaceAll("(?m)^import .*$", ""))
                    .collect(Collectors.toSet());
            code.keySet().stream()
                    .filter(other -> folder(other).equals(folder(one.getKey())) && !other.equals(one.getKey()))
                    .filter(other -> words.contains(other.substring(other.indexOf('.') + 1)))
                    .forEach(needed::add);
            needed.remove(one.getKey()); // by its nested classes
            files.put(one.getKey(), needed);
        }
        return files;
    }

    /** The classes (folder.Name) that code names with their folder, most of them in its imports. */
    private static Set<String> named(String code) throws IOException {
        Set<String> named = new TreeSet<>();
        Matcher matcher =
                Pattern.compile("(?<![\\w.])(?:" + String.join("|", folders()) + ")\\.[A-Z]\\w*").matcher(code);
        while (matcher.find()) {
            named.add(matcher.group());
        }
        return named;
    }

    private static String folder(String name) {
        return name.substring(0, name.indexOf('.'));
    }

    /** A source without comments and quoted text. */
    private static String code(String source) {
        return COMMENT_OR_QUOTE.matcher(source).replaceAll(" ");
    }

    /** The first circle that is found, such as a, b, a; empty if there is none. */
    private static List<String> circle(Map<String, Set<String>> needs) {
        Set<String> done = new HashSet<>();
        for (String start : new TreeSet<>(needs.keySet())) {
            List<String> circle = circle(start, needs, new ArrayList<>(), done);
            if (!circle.isEmpty()) {
                return circle;
            }
        }
        return List.of();
    }

    private static List<String> circle(
            String here, Map<String, Set<String>> needs, List<String> way, Set<String> done) {
        int before = way.indexOf(here);
        way.add(here);
        if (before >= 0) {
            return way.subList(before, way.size());
        }
        if (!done.contains(here)) {
            for (String next : needs.getOrDefault(here, Set.of())) {
                List<String> circle = circle(next, needs, way, done);
                if (!circle.isEmpty()) {
                    return circle;
                }
            }
        }
        done.add(here);
        way.removeLast();
        return List.of();
    }
}
