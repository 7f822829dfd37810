package proofs.project;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import lab.Build;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Repo;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the catalog offers, from a checkout or over HTTP: each script, a consumer to start from, the inspector. */
@ExtendWith(LabExtension.class)
class CatalogProof {
    private static final Duration LONG = Duration.ofSeconds(120);
    private static final String TEMPLATE = "harness/payments/PaymentConsumer.java.qute";
    private static final List<String> ENGINE =
            List.of("cli", "cluster", "consumer", "ledger", "messages", "metrics", "work");
    private static HttpServer files;

    @BeforeAll
    static void serve() {
        files = SimpleFileServer.createFileServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Repo.root(), SimpleFileServer.OutputLevel.NONE);
        files.start();
    }

    @AfterAll
    static void stop() {
        files.stop(0);
    }

    private static String catalog() {
        return "http://localhost:" + files.getAddress().getPort() + "/jbang-catalog.json";
    }

    private static JsonNode contents() throws IOException {
        return Kafka.JSON.readTree(Repo.file("jbang-catalog.json").toFile());
    }

    // --- each script ----------------------------------------------------------------------------------------------

    @Test
    void everyScriptHasAnAlias(Lab lab) throws Exception {
        JsonNode aliases = contents().path("aliases");
        assertThat(aliases).extracting(alias -> alias.path("script-ref").asText()).containsExactlyInAnyOrderElementsOf(
                Repo.scripts().stream().map(script -> "scripts/" + script + ".java").toList());
        aliases.forEachEntry((name, alias) -> assertThat(alias.path("description").asText()).as("with an example")
                .contains(": jbang " + name));
        assertThat(jbang(lab, Repo.root(), "alias", "list").out()).contains(
                Repo.scripts().stream().map(script -> Repo.file("scripts/" + script + ".java") + "\n").toList());
        assertThat(jbang(lab, Repo.root(), "dlq", "--help").out()).contains("Usage: DlqInspector");
    }

    /** By its alias in a remote catalog, with its example: the catalog, the script and its sources come over HTTP. */
    @Test
    void everyAliasRunsFromAUrl(Lab lab) throws Exception {
        for (var alias : contents().path("aliases").properties()) {
            String example = alias.getValue().path("description").asText().replaceFirst(".*: jbang \\w+ ", "");
            Ended help = jbang(lab, lab.folder(), Lab.with(new String[] {alias.getKey() + "@" + catalog()},
                    (example + " --help").split(" ")));
            String script = alias.getValue().path("script-ref").asText().replaceAll(".*/|\\.java", "");
            assertThat(help.out()).contains("Usage: " + script, "Exit codes:");
        }
    }

    // --- the template ---------------------------------------------------------------------------------------------

    /** The template is PaymentConsumer with another name, beside the folders and not above them. */
    @Test
    @Tag("check")
    void theTemplateIsPaymentConsumer() throws Exception {
        String script = Files.readString(Repo.file("harness/payments/PaymentConsumer.java"))
                .replaceFirst("//DESCRIPTION .*", "//DESCRIPTION Processes payments once: jbang PaymentConsumer.java "
                        + "--bootstrap-server localhost:9092")
                .replace("../../scripts/", "")
                .replace("//SOURCES package-info.java", "//SOURCES payments/package-info.java")
                .replace("PaymentConsumer", "{baseName}") // filled in by Qute,
                .replace("{@", "\\{@"); // which would take this for something of its own
        assertThat(Files.readString(Repo.file(TEMPLATE))).isEqualTo(script);
    }

    @Test
    @Tag("check")
    void theTemplateHasAllFilesOfItsFolders() throws Exception {
        Map<String, String> expected = new TreeMap<>(Map.of("{basename}.java", TEMPLATE));
        for (String folder : ENGINE) {
            add(expected, folder, "scripts/" + folder);
        }
        add(expected, "payments", "harness/payments");
        expected.remove("payments/PaymentConsumer.java");
        Map<String, String> listed = new TreeMap<>();
        contents().at("/templates/consumer/file-refs")
                .forEachEntry((target, source) -> listed.put(target, source.asText()));
        assertThat(listed).isEqualTo(expected);
    }

    private static void add(Map<String, String> expected, String folder, String from) throws IOException {
        try (Stream<Path> all = Files.list(Repo.file(from))) {
            all.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".java"))
                    .forEach(name -> expected.put(folder + "/" + name, from + "/" + name));
        }
    }

    @Test
    void aConsumerMadeFromTheTemplateProcessesAPayment(Lab lab) throws Exception {
        Path folder = Files.createDirectories(lab.folder().resolve("mine"));
        jbang(lab, folder, "init", "-t", "consumer@" + catalog(), "MyConsumer.java");
        lab.kafka().createTopic(lab.events, 3);
        lab.kafka().send(lab.events, "payment-1", "alice;bob;1.50");
        lab.command("jbang", Build.QUICK, "bash", "-c", "cd \"$0\" && exec \"$@\"", folder.toString(), Build.jbang(),
                "MyConsumer.java", "--bootstrap-server", lab.broker().bootstrap(), "--topic", lab.events,
                "--outcomes-topic", lab.outcomes, "--dlq-topic", lab.dlq, "--group", lab.group);
        await("a receipt").atMost(LONG).until(() -> lab.kafka().records(lab.outcomes).size() == 1);
    }

    // --- the inspector --------------------------------------------------------------------------------------------

    /** The launcher that JBang makes calls jbang, and its folder has to be on the PATH: here it is not a new shell. */
    @Test
    void theInspectorCanBeInstalledAsACommand(Lab lab) throws Exception {
        Path home = Files.createDirectories(lab.folder().resolve("home")); // JBang writes to the shells' files there
        Path bin = Files.createDirectories(home.resolve("jbang/bin"));
        Files.createSymbolicLink(bin.resolve("jbang"), Path.of(Build.jbang()));
        Map<String, String> environment = new HashMap<>(Build.QUICK);
        environment.putAll(Map.of("HOME", home.toString(), "JBANG_DIR", bin.getParent().toString(),
                "JBANG_CACHE_DIR", Build.jbangCache().toString(), "JBANG_REPO", Build.mavenRepository().toString(),
                "PATH", bin + ":" + System.getenv("PATH")));
        Ended install = lab.command("jbang", environment, bin.resolve("jbang").toString(), "app", "install", "--name",
                "dlq-inspector", "dlq@" + catalog()).ended(LONG);
        assertThat(install.exitCode()).as(install.tail()).isZero();
        lab.kafka().createTopic(lab.dlq, 1);
        Ended list = lab.command("dlq-inspector", environment, bin.resolve("dlq-inspector").toString(), "list",
                "--bootstrap-server", lab.broker().bootstrap(), "--topic", lab.dlq).ended(LONG);
        assertThat(list.out()).as(list.tail()).contains("0 dead letters in " + lab.dlq);
    }

    private static Ended jbang(Lab lab, Path folder, String... arguments) {
        Ended ended = lab.command("jbang", Build.QUICK, Lab.with(new String[] {"bash", "-c", "cd \"$0\" && exec \"$@\"",
            folder.toString(), Build.jbang()}, arguments)).ended(LONG);
        assertThat(ended.exitCode()).as(ended.tail()).isZero();
        return ended;
    }
}
