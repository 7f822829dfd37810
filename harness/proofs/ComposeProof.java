package proofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lab.DockerBroker;
import lab.Kafka;
import lab.Lab;
import lab.LabExtension;
import lab.Repo;
import lab.Running;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code docker-compose.yml} starts what it says. */
@ExtendWith(LabExtension.class)
class ComposeProof {

    @Test
    void oneBrokerOrAClusterOfThree(Lab lab) throws Exception {
        Assumptions.assumeTrue(lab.broker() instanceof DockerBroker, "only with --broker docker");
        try {
            assertThat(compose(lab, "up", "-d").awaitExit(Duration.ofMinutes(2))).isEqualTo(0);
            awaitTopic("localhost:9092", 1);
            assertThat(compose(lab, "--profile", "cluster", "up", "-d", "kafka-1", "kafka-2", "kafka-3")
                    .awaitExit(Duration.ofMinutes(2))).isEqualTo(0);
            awaitTopic("localhost:19092,localhost:19094,localhost:19096", 3);
        } finally {
            compose(lab, "--profile", "cluster", "down", "-v").awaitExit(Duration.ofMinutes(2));
        }
    }

    private static void awaitTopic(String bootstrap, int replicas) {
        try (Kafka kafka = new Kafka(bootstrap)) {
            await("a topic with " + replicas + " replicas at " + bootstrap)
                    .atMost(Duration.ofSeconds(90))
                    .ignoreExceptions()
                    .until(() -> {
                        if (kafka.partitions("t") == 0) {
                            kafka.createTopic("t", 3);
                        }
                        return kafka.admin()
                                        .describeTopics(List.of("t"))
                                        .allTopicNames()
                                        .get()
                                        .get("t")
                                        .partitions()
                                        .getFirst()
                                        .isr()
                                        .size()
                                == replicas;
                    });
            assertThat(kafka.send("t", "k", "v").offset()).isZero();
        }
    }

    private static Running compose(Lab lab, String... arguments) throws Exception {
        boolean plugin = new ProcessBuilder("docker", "compose", "version").redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        List<String> command = new ArrayList<>(plugin ? List.of("docker", "compose") : List.of("docker-compose"));
        command.addAll(List.of("-p", "order-lab-proof", "-f", Repo.file("docker-compose.yml").toString()));
        command.addAll(List.of(arguments));
        return lab.command("compose", Map.of(), command.toArray(String[]::new));
    }
}
