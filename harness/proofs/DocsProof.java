package proofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lab.Lab;
import lab.LabExtension;
import lab.Repo;
import lab.Running;
import lab.Terminal;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The commands of the documentation are run, and their output is compared with what stands below them. Ports are replaced by
 * free ones on the way in, and back on the way out, so that nothing that runs on the machine is in the way.
 */
@ExtendWith(LabExtension.class)
class DocsProof {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(sh|text)(?: terminal=(\\w+))?\\n(.*?)^```$");
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @Test
    void theWalkthroughGoesAsItSays(Lab lab) throws Exception {
        play(lab, Files.readString(Repo.file("scripts/README.md")));
    }

    @Test
    void theReadmesOneLinersGoAsItSays(Lab lab) throws Exception {
        String readme = Files.readString(Repo.file("README.md"));
        play(lab, readme.substring(readme.indexOf("## One by one")));
    }

    @Test
    void makeDemoGoesAsTheReadmeSays(Lab lab) throws Exception {
        Running demo = lab.command("make-demo", Map.of(), "make", "-C", Repo.root().toString(), "--no-print-directory", "demo");
        assertThat(demo.awaitExit(Duration.ofSeconds(170))).as(demo.tail()).isEqualTo(0);
        String expected = blocks(Files.readString(Repo.file("README.md"))).get(1).content();
        assertThat(demo.out()).matches(pattern(expected));
    }

    @Test
    void bareMakeListsEveryTarget(Lab lab) throws Exception {
        Running make = lab.command("make", Map.of(), "make", "-C", Repo.root().toString(), "--no-print-directory");
        assertThat(make.awaitExit(PATIENCE)).isEqualTo(0);
        Matcher phony = Pattern.compile("(?s)\\.PHONY: (.*?[^\\\\])\\n").matcher(Files.readString(Repo.file("Makefile")));
        assertThat(phony.find()).isTrue();
        assertThat(make.out()).contains(Stream.of(phony.group(1).split("[\\s\\\\]+")).map(t -> "  make " + t + " ").toList());
    }

    @Test
    void everyLinkInTheDocsLeadsSomewhere() throws Exception {
        for (String doc : List.of("README.md", "scripts/README.md", "harness/README.md")) {
            Matcher link = Pattern.compile("\\]\\(([^)#]+)\\)").matcher(Files.readString(Repo.file(doc)));
            while (link.find()) {
                if (!link.group(1).startsWith("http")) {
                    assertThat(Repo.file(doc).resolveSibling(link.group(1))).as(doc).exists();
                }
            }
        }
    }

    // --- running a document ---------------------------------------------------------------------------------------

    private record Block(String kind, String terminal, String content) {
    }

    private static List<Block> blocks(String markdown) {
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(markdown);
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2) == null ? "main" : matcher.group(2), matcher.group(3)));
        }
        return blocks;
    }

    /** Types each block of commands into its terminal; the main one is read when it is done, the others until they match. */
    private static void play(Lab lab, String markdown) throws IOException {
        Map<String, String> ports = Map.of("9092", freePort(), "8000", freePort(), "8001", freePort());
        Map<String, Terminal> terminals = new LinkedHashMap<>();
        List<Block> blocks = blocks(markdown);
        try {
            for (int i = 0; i < blocks.size(); i++) {
                Block commands = blocks.get(i);
                assertThat(commands.kind()).as("an output without a command:\n" + commands.content()).isEqualTo("sh");
                String expected = i + 1 < blocks.size() && blocks.get(i + 1).kind().equals("text") ? blocks.get(++i).content() : null;
                Terminal terminal = terminals.computeIfAbsent(commands.terminal(), name -> new Terminal(name, lab.folder()));
                boolean toItsEnd = commands.terminal().equals("main");
                terminal.type(onFreePorts(commands.content(), ports) + (toItsEnd ? "\necho '<done>'" : ""));
                if (toItsEnd) {
                    read(terminal, ports, commands, ".*<done>\\n");
                    assertThat(asWritten(terminal, ports)).as("output of\n" + commands.content())
                            .matches(pattern((expected == null ? "" : expected) + "<done>\n"));
                } else if (expected != null) {
                    read(terminal, ports, commands, pattern(expected).pattern());
                }
            }
        } finally {
            List<Terminal> all = new ArrayList<>(terminals.values());
            all.reversed().forEach(Terminal::close);
        }
    }

    private static void read(Terminal terminal, Map<String, String> ports, Block commands, String pattern) {
        Pattern compiled = Pattern.compile(pattern, Pattern.DOTALL);
        try {
            await("output of " + commands.content()).atMost(PATIENCE).pollInterval(Duration.ofMillis(50))
                    .until(() -> compiled.matcher(asWritten(terminal, ports)).matches());
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("output of\n" + commands.content() + "was\n" + asWritten(terminal, ports) + "and not\n" + pattern);
        }
    }

    /** What the screen shows, with the ports of the document, and without what JBang says when it builds. */
    private static String asWritten(Terminal terminal, Map<String, String> ports) {
        String[] text = {terminal.screen().lines().filter(line -> !line.startsWith("[jbang]")).map(line -> line + "\n")
                .collect(Collectors.joining())};
        ports.forEach((written, real) -> text[0] = text[0].replace(":" + real, ":" + written));
        return text[0];
    }

    /** A line of nothing but … stands for any lines, a … in a line for any text, and several blanks for any number. */
    private static Pattern pattern(String expected) {
        return Pattern.compile(expected.lines().map(line -> line.equals("…") ? "(?:[^\\n]*\\n)*?"
                : Stream.of(line.split("…", -1)).map(DocsProof::literal).collect(Collectors.joining("[^\\n]*?")) + "\\n")
                .collect(Collectors.joining()), Pattern.DOTALL);
    }

    private static String literal(String text) {
        return Stream.of(text.split("(?<= ) +| +(?= )", -1)).map(Pattern::quote).collect(Collectors.joining(" *"));
    }

    private static String onFreePorts(String commands, Map<String, String> ports) {
        String kafka = " --bootstrap-server localhost:" + ports.get("9092");
        String moved = commands
                .replaceAll("--port (8001)", "--port " + ports.get("8001"))
                .replaceAll("localhost:(8000|8001)", "localhost:<$1>")
                .replaceAll("(KafkaBroker\\.java)(?! --port)", "$1 --port " + ports.get("9092"))
                .replaceAll("(OrderApi\\.java)(?! --port)", "$1 --port " + ports.get("8000"))
                .replaceAll("((?:OrderApi|OrderConsumer|DlqInspector)\\.java(?: (?:list|show|replay))?)", "$1" + kafka)
                .replaceAll("(DuplicateSender\\.java)", "$1" + kafka + " --api http://localhost:" + ports.get("8000"));
        return moved.replace("<8000>", ports.get("8000")).replace("<8001>", ports.get("8001"));
    }

    private static String freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return String.valueOf(socket.getLocalPort());
        }
    }
}
