package proofs.project;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lab.Build;
import lab.Lab;
import lab.Repo;
import lab.Running;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The consumer can be exported as a Maven project, with the commands in the reference. */
@ExtendWith(LabExtension.class)
class ExportProof {
    private static final Duration LONG = Duration.ofSeconds(170);

    @Test
    void theConsumerBuildsAsAMavenProject(Lab lab) throws Exception {
        Matcher commands = Pattern.compile("(?s)```sh\\n(\\./jbang export maven.*?)```")
                .matcher(Files.readString(Repo.file("scripts/REFERENCE.md")));
        assertThat(commands.find()).as("the commands in the reference").isTrue();
        Build.finish(); // JBang builds this script too
        String elsewhere = commands.group(1).replace("./jbang", "'" + Repo.file("jbang") + "'")
                .replace("scripts/", "'" + Repo.file("scripts") + "'/");
        String java = System.getProperty("java.home");
        Map<String, String> environment = new HashMap<>(Build.QUICK);
        environment.putAll(Map.of("JAVA_HOME", java, "PATH", Path.of(java, "bin") + ":" + System.getenv("PATH")));
        Running run = lab.command("export", environment, "bash", "-ec", elsewhere);
        assertThat(run.awaitExit(LONG)).as(run.tail()).isEqualTo(0);
        assertThat(run.out()).contains("Usage: OrderConsumer", "Exit codes:");
    }
}
