package proofs.project;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lab.Build;
import lab.Lab;
import lab.Ports;
import lab.Repo;
import lab.Running;
import lab.Terminal;
import lab.fixtures.LabExtension;
import lab.fixtures.Needs;
import lab.fixtures.Tool;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The commands of the documentation are run, and their output is compared with the text below them. In the commands,
 * ports are replaced by free ones, and back in the output, so that other programs on the machine are not in the way.
 */
@Order(1) // the walkthrough takes longer than anything else
@ExtendWith(LabExtension.class)
class DocsProof {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(sh|text)(?: terminal=(\\w+))?\\n(.*?)^```$");
    private static final Pattern QUOTE = Pattern.compile("(?ms)^```java (\\S+)\\n(.*?)^```$");
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Pattern ENDS = Pattern.compile("(; wait|kill -\\w+ \\$!)\\n$");
    private static final String CTRL_C = "# Ctrl-C\n";
    /** What runs in the background may go on printing. */
    private static final String DONE = "…\n<done>\n…\n";

    @Test
    @Needs(Tool.CURL)
    @Timeout(value = 6, unit = TimeUnit.MINUTES) // two for a machine that does nothing else
    void theWalkthroughGoesAsItSays(Lab lab) throws Exception {
        play(lab, Build.insteadOfJBang(lab.folder()), Files.readString(Repo.file("scripts/README.md")));
    }

    @Test
    @Needs(Tool.CURL)
    void theReadmesOneLinersGoAsItSays(Lab lab) throws Exception {
        String readme = Files.readString(Repo.file("README.md"));
        Build.finish();
        play(lab, Repo.file("jbang"), readme.substring(readme.indexOf("## One by one")));
    }

    @Test
    void makeDemoGoesAsTheReadmeSays(Lab lab) throws Exception {
        Build.finish();
        Running demo = lab.command(
                "make-demo", Build.QUICK, "make", "-C", Repo.root().toString(), "--no-print-directory", "demo");
        assertThat(demo.awaitExit(Duration.ofSeconds(170))).as(demo.tail()).isEqualTo(0);
        String readme = Files.readString(Repo.file("README.md"));
        String expected = blocks(readme.substring(readme.indexOf("```sh\nmake demo"))).get(1).content();
        assertThat(matches(expected, demo.out())).as(demo.out()).isTrue();
    }

    /** The quickest of them; GuaranteesProof compares the README's table with what all of them do. */
    @Test
    void makeBreakShowsAGuaranteeHoldAndFail(Lab lab) throws Exception {
        Build.finish();
        Running run = lab.command("make-break", Build.QUICK, "make", "-C", Repo.root().toString(),
                "--no-print-directory", "break", "WHAT=9");
        assertThat(run.awaitExit(Duration.ofSeconds(170))).as(run.tail()).isEqualTo(0);
        assertThat(run.out()).contains("1 of 1 held as built, 1 of 1 failed as expected once switched off");
        String rows = Pattern.compile("`make break WHAT=(\\d+)`").matcher(Files.readString(Repo.file("README.md")))
                .results().map(row -> row.group(1)).collect(Collectors.joining(" "));
        assertThat(Files.readString(Repo.file("Makefile"))).contains("Prove.java $(or $(WHAT)," + rows + ")");
    }

    @Test
    @Tag("check")
    void bareMakeListsEveryTarget() throws Exception {
        Process make = new ProcessBuilder("make", "-C", Repo.root().toString(), "--no-print-directory").start();
        String list = new String(make.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(make.waitFor()).isEqualTo(0);
        Matcher phony =
                Pattern.compile("(?s)\\.PHONY: (.*?[^\\\\])\\n").matcher(Files.readString(Repo.file("Makefile")));
        assertThat(phony.find()).isTrue();
        assertThat(list)
                .contains(Stream.of(phony.group(1).split("[\\s\\\\]+"))
                        .map(t -> "  make " + t + " ")
                        .toList());
    }

    @Test
    @Tag("check")
    void everyLinkInTheDocsLeadsSomewhere() throws Exception {
        for (String doc : List.of("README.md", "scripts/README.md", "scripts/REFERENCE.md", "harness/README.md")) {
            Matcher link = Pattern.compile("\\]\\((?!http)([^)#]+)(?:#([^)]+))?\\)")
                    .matcher(Files.readString(Repo.file(doc)));
            while (link.find()) {
                Path target = Repo.file(doc).resolveSibling(link.group(1));
                assertThat(target).as(doc).exists();
                if (link.group(2) != null) {
                    assertThat(Files.readAllLines(target).stream().filter(line -> line.startsWith("#"))
                            .map(DocsProof::anchor)).as("%s: %s", doc, target).contains(link.group(2));
                }
            }
        }
    }

    /** As GitHub makes it of a heading. */
    private static String anchor(String heading) {
        return heading.replaceFirst("#+ ", "").toLowerCase().replaceAll("[^\\w\\- ]", "").replace(' ', '-');
    }

    /** The code that the walkthrough shows is the scripts' own. */
    @Test
    @Tag("check")
    void quotedCodeIsThatOfTheScripts() throws Exception {
        Matcher quote = QUOTE.matcher(Files.readString(Repo.file("scripts/README.md")));
        int quotes = 0;
        for (; quote.find(); quotes++) {
            assertThat(Files.readString(Repo.file("scripts/" + quote.group(1)))).contains(quote.group(2));
        }
        assertThat(quotes).isPositive();
    }

    // --- running a document ---------------------------------------------------------------------------------------

    private record Block(String kind, String terminal, String content) {
    }

    private static List<Block> blocks(String markdown) {
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(markdown);
        while (matcher.find()) {
            blocks.add(new Block(
                    matcher.group(1), matcher.group(2) == null ? "main" : matcher.group(2), matcher.group(3)));
        }
        return blocks;
    }

    /**
     * Types each block of commands into its terminal. What comes in the main one is compared once the commands are
     * done; in the others, where things keep running, it is read until it matches. "# Ctrl-C" presses it. All terminals
     * are in a folder that looks like the checkout but has a .cache of its own: the reader may be at the same step.
     *
     * @param jbang what ./jbang is in there
     */
    private static void play(Lab lab, Path jbang, String markdown) throws IOException {
        Path checkout = Files.createDirectories(lab.folder().resolve("checkout"));
        Files.createDirectory(checkout.resolve(".cache"));
        Files.createSymbolicLink(checkout.resolve("jbang"), jbang);
        Files.createSymbolicLink(checkout.resolve("scripts"), Repo.file("scripts"));
        int free = Ports.free(11);
        Map<String, String> ports = new LinkedHashMap<>();
        for (String port : List.of("9192", "9193", "9194", "9195", "9196", "9197", "9092", "8000", "8001", "8002",
                "8003")) {
            ports.put(port, String.valueOf(free + ports.size())); // a cluster's are in a row
        }
        Map<String, Terminal> terminals = new LinkedHashMap<>();
        List<Block> blocks = blocks(markdown);
        try {
            for (int i = 0; i < blocks.size(); i++) {
                Block commands = blocks.get(i);
                assertThat(commands.kind()).as("an output without a command:\n" + commands.content()).isEqualTo("sh");
                String expected =
                        i + 1 < blocks.size() && blocks.get(i + 1).kind().equals("text")
                                ? blocks.get(++i).content()
                                : null;
                Terminal terminal = terminals.computeIfAbsent(
                        commands.terminal(), name -> new Terminal(name, lab.folder(), checkout));
                boolean main = commands.terminal().equals("main");
                boolean ctrlC = commands.content().equals(CTRL_C);
                boolean toItsEnd = main || ctrlC || ENDS.matcher(commands.content()).find();
                if (ctrlC) {
                    terminal.interrupt();
                }
                terminal.type(onFreePorts(commands.content(), ports) + (toItsEnd ? "\necho '<done>'" : ""));
                if (toItsEnd) {
                    read(terminal, ports, commands, DONE);
                }
                if (main) {
                    assertThat(matches((expected == null ? "" : expected) + "<done>\n", asWritten(terminal, ports)))
                            .as(difference(commands, expected, terminal, ports)).isTrue();
                } else if (expected != null) {
                    read(terminal, ports, commands, toItsEnd ? expected + DONE : expected);
                }
            }
        } finally {
            List<Terminal> all = new ArrayList<>(terminals.values());
            all.reversed().forEach(Terminal::close);
        }
    }

    private static void read(Terminal terminal, Map<String, String> ports, Block commands, String expected) {
        try {
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> matches(expected, asWritten(terminal, ports)));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(difference(commands, expected, terminal, ports));
        }
    }

    private static String difference(Block commands, String expected, Terminal terminal, Map<String, String> ports) {
        return "output of\n" + commands.content() + "was\n" + asWritten(terminal, ports) + "and not\n" + expected;
    }

    /** The output, with the ports of the document, and without what JBang prints when it builds. */
    private static String asWritten(Terminal terminal, Map<String, String> ports) {
        String[] text = {terminal.screen().lines().filter(line -> !line.startsWith("[jbang]")).map(line -> line + "\n")
                .collect(Collectors.joining())};
        ports.forEach((written, real) -> text[0] = text[0].replace(":" + real, ":" + written));
        return text[0];
    }

    /** A line with only … stands for any lines, a … in a line for any text, and several blanks for any number. */
    private static boolean matches(String expected, String actual) {
        List<String> wanted = expected.lines().toList();
        List<String> lines = actual.lines().toList();
        int line = 0;
        int want = 0;
        int hole = -1;
        int after = 0;
        while (line < lines.size()) {
            if (want < wanted.size() && wanted.get(want).equals("…")) {
                hole = want++;
                after = line;
            } else if (want < wanted.size() && pattern(wanted.get(want)).matcher(lines.get(line)).matches()) {
                want++;
                line++;
            } else if (hole >= 0) { // the hole takes one more line
                want = hole + 1;
                line = ++after;
            } else {
                return false;
            }
        }
        return wanted.subList(want, wanted.size()).stream().allMatch("…"::equals);
    }

    private static Pattern pattern(String line) {
        return Pattern.compile(
                Stream.of(line.split("…", -1)).map(DocsProof::literal).collect(Collectors.joining(".*?")));
    }

    private static String literal(String text) {
        return Stream.of(text.split("(?<= ) +| +(?= )", -1)).map(Pattern::quote).collect(Collectors.joining(" *"));
    }

    private static String onFreePorts(String commands, Map<String, String> ports) {
        String kafka = " --bootstrap-server localhost:" + ports.get("9092");
        String moved = commands
                .replaceAll("--port (8001|8002|8003|9192)", "--port <$1>")
                .replaceAll("localhost:(80\\d\\d|91\\d\\d)", "localhost:<$1>")
                .replaceAll("(KafkaBroker\\.java)(?! --port)", "$1 --port " + ports.get("9092"))
                .replaceAll("(OrderApi\\.java)(?! --port)", "$1 --port " + ports.get("8000"))
                .replaceAll("((?:OrderApi|(?:Order|Smallest)Consumer|DlqInspector)\\.java"
                        + "(?: (?:list|show|stats|replay))?)(?!.*--bootstrap-server)", "$1" + kafka)
                .replaceAll("(DuplicateSender\\.java)", "$1" + kafka + " --api http://localhost:" + ports.get("8000"));
        for (Map.Entry<String, String> port : ports.entrySet()) {
            moved = moved.replace("<" + port.getKey() + ">", port.getValue());
        }
        return moved;
    }
}
