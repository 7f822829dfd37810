package proofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lab.Build;
import lab.Lab;
import lab.LabExtension;
import lab.Repo;
import lab.Running;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What starts processes ends them, whatever happens to itself. */
@ExtendWith(LabExtension.class)
class ProcessProof {

    @Test
    void aKilledDemoLeavesNoProcessBehind(Lab lab) {
        Running demo = demoAtWork(lab);
        List<ProcessHandle> started = scripts(demo);
        demo.kill9();
        awaitGone(started);
    }

    @Test
    void aDemoThatIsInterruptedEndsWhatItStarted(Lab lab) {
        Running demo = demoAtWork(lab);
        List<ProcessHandle> started = scripts(demo);
        assertThat(demo.stop()).isEqualTo(143);
        awaitGone(started);
    }

    @Test
    void aScenarioWithNothingRunningSaysWhatToStart(Lab lab) {
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
        demo.awaitOut("the scenarios begin", Pattern.compile("(Normal processing)"), Duration.ofSeconds(120));
        return demo;
    }

    private static List<ProcessHandle> scripts(Running demo) {
        List<ProcessHandle> scripts = ProcessHandle.of(demo.pid()).orElseThrow().descendants()
                .filter(process -> process.info().command().orElse("").endsWith("java")).toList();
        assertThat(scripts).as("broker, API and consumer").hasSize(3);
        return scripts;
    }

    private static void awaitGone(List<ProcessHandle> started) {
        await("the scripts are gone").atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(started).noneMatch(ProcessHandle::isAlive));
    }
}
