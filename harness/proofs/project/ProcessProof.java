package proofs.project;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import lab.Build;
import lab.Lab;
import lab.Ports;
import lab.Repo;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.Needs;
import lab.fixtures.Tool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A program that starts processes ends them, even if it is killed itself. */
@ExtendWith(LabExtension.class)
class ProcessProof {
    private static final Duration START = Duration.ofSeconds(120);

    @Test
    void aKilledDemoLeavesNoProcessBehind(Lab lab) {
        Running demo = demoAtWork(lab);
        List<ProcessHandle> started = scripts(demo);
        demo.kill9();
        awaitGone(started);
    }

    @Test
    void anInterruptedDemoEndsItsProcesses(Lab lab) {
        Running demo = demoAtWork(lab);
        List<ProcessHandle> started = scripts(demo);
        assertThat(demo.stop()).isEqualTo(143);
        awaitGone(started);
    }

    /** The commands in the READMEs run as jobs of a shell: grandchildren, which do not get Ctrl-C. */
    @Test
    @Needs(Tool.CURL)
    void anInterruptedTestRunEndsItsProcessesAndTheirChildren(Lab lab) throws Exception {
        Job run = new Job(lab, "make", "-C", Repo.root().toString(), "test", "BROKER=" + lab.broker().bootstrap(),
                "ARGS=--only DocsProof.theReadmesOneLiners");
        await("it has typed into several shells").atMost(START).until(() -> run.java() >= 3);
        run.interrupt();
        assertThat(run.process.awaitExit(Duration.ofSeconds(40))).isEqualTo(130);
        run.awaitNothingLeft();
        assertThat(run.process.out()).contains("interrupted: 0 passed, 0 failed, 1 of 1 not run");
    }

    /** The first guarantee takes much longer than the ninth. */
    @Test
    void anInterruptedProveSaysWhatWasProven(Lab lab) throws Exception {
        Job run = new Job(lab, "make", "-C", Repo.root().toString(), "--no-print-directory", "prove", "PROOF=1 9");
        run.process.awaitOut("the first result", Pattern.compile("\\((1) of 2, "), START);
        run.interrupt();
        assertThat(run.process.awaitExit(Duration.ofSeconds(40))).isEqualTo(130);
        run.awaitNothingLeft();
        assertThat(run.process.out()).contains("ended early: 1 of 2 guarantees were played", "1 of 1 held as built");
        Path page = Repo.file(run.process.awaitOut("the page", Pattern.compile("To look at: (\\S+)"), START));
        assertThat(page).content().contains("\"number\":9").doesNotContain("\"number\":1");
        assertThat(page.resolveSibling("TEST-prove.xml")).content().contains("tests=\"2\"");
    }

    @Test
    void aClusterFailsWhenANodeFails(Lab lab) throws Exception {
        int port = Ports.free(6);
        try (ServerSocket taken = new ServerSocket(port + 2, 1, InetAddress.getByName("127.0.0.1"))) {
            Job cluster = cluster(lab, port);
            assertThat(cluster.process.awaitExit(START)).as(cluster.process.tail()).isEqualTo(2);
            assertThat(cluster.process.err()).contains("Port " + taken.getLocalPort() + " on 127.0.0.1 is in use",
                    "cluster: node 2 failed; ending the others");
            cluster.awaitNothingLeft();
        }
    }

    @Test
    void aClusterThatHasLostTwoNodesStillEndsOnCtrlC(Lab lab) throws Exception {
        Job cluster = cluster(lab, Ports.free(6));
        awaitReady(cluster.process, 3);
        List<ProcessHandle> nodes = cluster.process.descendants().filter(ProcessProof::isJava).toList();
        nodes.stream().limit(2).forEach(ProcessHandle::destroyForcibly);
        await("it goes on with one").atMost(START).until(() -> cluster.process.err().contains("1 of 3 are left"));
        assertThat(nodes.getLast().isAlive()).isTrue();
        cluster.interrupt();
        assertThat(cluster.process.awaitExit(Duration.ofSeconds(40))).isEqualTo(130);
        cluster.awaitNothingLeft();
    }

    /** With its data: it votes with what it knew. */
    @Test
    void aKilledNodeOfAClusterCanBeStartedAgain(Lab lab) {
        Job cluster = cluster(lab, Ports.free(6));
        awaitReady(cluster.process, 3);
        cluster.process.descendants().filter(ProcessProof::isJava).findFirst().orElseThrow().destroyForcibly();
        await("it says how").atMost(START).until(() -> cluster.process.err().contains("2 of 3 are left"));
        String command = cluster.process.err().replaceFirst("(?s).*again: (.*?)\n.*", "$1");
        assertThat(command).startsWith("./jbang scripts/KafkaBroker.java ").contains("--data-dir");
        Path data = Path.of(command.replaceFirst(".*--data-dir (\\S+).*", "$1"));
        assertThat(data.resolve("meta.properties")).exists();
        Running again = lab.command("again", Build.QUICK, "bash", "-c", "cd '" + Repo.root() + "' && exec " + command);
        awaitReady(again, 1);
    }

    private static void awaitReady(Running process, int nodes) {
        await(nodes + " nodes are ready").atMost(START)
                .until(() -> process.out().lines().filter(line -> line.contains("is ready")).count() == nodes);
    }

    @Test
    void aScenarioWithoutABrokerSaysWhatToStart(Lab lab) {
        Running demo = lab.command("demo", Map.of(), Build.jbang(),
                Repo.file("harness/Demo.java").toString(), "normal", "--bootstrap-server", "127.0.0.1:1");
        assertThat(demo.awaitExit(Duration.ofSeconds(60))).isEqualTo(1);
        assertThat(demo.err()).isEqualTo("Demo: No Kafka listens at 127.0.0.1:1: start one (make broker), or give its "
                + "address (BOOTSTRAP=HOST:PORT).\n");
    }

    private static Running demoAtWork(Lab lab) {
        Running demo = lab.command(
                "demo",
                Build.QUICK,
                Build.jbang(),
                Repo.file("harness/Demo.java").toString());
        demo.awaitOut("the scenarios begin", Pattern.compile("(Normal processing)"), START);
        return demo;
    }

    private static List<ProcessHandle> scripts(Running demo) {
        List<ProcessHandle> scripts = demo.descendants().filter(ProcessProof::isJava).toList();
        assertThat(scripts).as("broker, API and consumer, at least").hasSizeGreaterThanOrEqualTo(3);
        return scripts;
    }

    private static boolean isJava(ProcessHandle process) {
        return process.info().command().orElse("").endsWith("java");
    }

    private static void awaitGone(List<ProcessHandle> started) {
        await("the scripts have ended").atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(started).noneMatch(ProcessHandle::isAlive));
    }

    private static Job cluster(Lab lab, int port) {
        return new Job(lab, "make", "-C", Repo.root().toString(), "cluster", "ARGS=--port " + port);
    }

    /** A command in its own process group, as in a terminal; each of its processes can be found again. */
    private static final class Job {
        /** Also when the harness ignores Ctrl-C, as a shell's background job does; only GNU env can undo that. */
        private static final String INTERRUPTIBLE = """
                set -m
                if env --default-signal=INT true 2>/dev/null; then set -- --default-signal=INT "$@"; fi
                env "$@" & echo group $!; wait $!
                """;

        private final String mark = UUID.randomUUID().toString();
        private final Running process;
        private List<ProcessHandle> started = List.of();

        Job(Lab lab, String... command) {
            Build.finish();
            List<String> line = new ArrayList<>(List.of("bash", "-c", INTERRUPTIBLE));
            line.add("job"); // its $0
            line.addAll(List.of(command));
            Map<String, String> environment = new HashMap<>(Build.QUICK);
            environment.put("PROOF", mark);
            process = lab.command(command[0], environment, line.toArray(String[]::new));
        }

        /** Ctrl-C. */
        void interrupt() throws Exception {
            String group = process.awaitOut("its process group", Pattern.compile("group (\\d+)\n"), START);
            started = process.descendants().toList();
            new ProcessBuilder("bash", "-c", "kill -INT -- -" + group).start().waitFor();
        }

        long java() {
            return process.descendants().filter(ProcessProof::isJava).count();
        }

        /** Nor a process whose parent has ended. The system needs a moment to remove each process. */
        void awaitNothingLeft() {
            await("nothing is left").atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
                assertThat(started).noneMatch(ProcessHandle::isAlive);
                assertThat(ProcessHandle.allProcesses().filter(one -> environment(one).contains(mark))).isEmpty();
            });
        }

        private static String environment(ProcessHandle process) {
            try {
                return Files.readString(Path.of("/proc", String.valueOf(process.pid()), "environ"), ISO_8859_1);
            } catch (IOException e) { // it has ended, or belongs to another user, or this is not Linux
                return "";
            }
        }
    }
}
