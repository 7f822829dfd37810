package proofs.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lab.Kafka;
import lab.Lab;
import lab.Ports;
import lab.Reaper;
import lab.Repo;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.Needs;
import lab.fixtures.Tool;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code docker-compose.yml} starts what it says; with its ports replaced by free ones, as those may be in use. */
@Tag("docker")
@Needs(Tool.COMPOSE)
@ExtendWith(LabExtension.class)
class ComposeProof {
    @Test
    void oneBrokerOrAClusterOfThree(Lab lab) throws Exception {
        int free = Ports.free(4);
        Path file = composeFile(lab.folder(), free);
        Reaper.watchDocker("com.docker.compose.project=" + lab.group);
        try {
            assertThat(compose(lab, file, "up", "-d").awaitExit(Duration.ofMinutes(2))).isEqualTo(0);
            awaitTopic("localhost:" + free, 1);
            assertThat(compose(lab, file, "--profile", "cluster", "up", "-d", "kafka-1", "kafka-2", "kafka-3")
                    .awaitExit(Duration.ofMinutes(2))).isEqualTo(0);
            awaitTopic(Stream.of(1, 2, 3).map(i -> "localhost:" + (free + i)).collect(Collectors.joining(",")), 3);
        } finally {
            compose(lab, file, "--profile", "cluster", "down", "-v").awaitExit(Duration.ofMinutes(2));
        }
    }

    /** One is started while the other one runs; each has its own containers and volumes. */
    @Test
    void makeUpWaitsAndTwoCheckoutsInFoldersOfOneNameShareNothing(Lab lab) throws Exception {
        int free = Ports.free(8);
        Path first = checkout(lab, "first/lab", free);
        Path second = checkout(lab, "second/lab", free + 4);
        try {
            make(lab, first, "up");
            try (Kafka kafka = new Kafka(quick("localhost:" + free))) {
                kafka.createTopic("t", 3); // at once: it takes requests
                assertThat(kafka.send("t", "k", "v").offset()).isZero();
                make(lab, second, "up");
                try (Kafka other = new Kafka(quick("localhost:" + (free + 4)))) {
                    assertThat(other.partitions("t")).isZero();
                }
                make(lab, second, "down");
                assertThat(kafka.records("t")).hasSize(1);
            }
        } finally {
            make(lab, first, "down");
            make(lab, second, "down");
        }
    }

    private static Path checkout(Lab lab, String name, int free) throws IOException {
        Path checkout = Files.createDirectories(lab.folder().resolve(name));
        composeFile(checkout, free);
        for (String file : List.of("Makefile", "harness")) {
            Files.createSymbolicLink(checkout.resolve(file), Repo.file(file));
        }
        Reaper.watchDocker("com.docker.compose.project.working_dir=" + checkout);
        return checkout;
    }

    private static void make(Lab lab, Path checkout, String target) {
        Running make = lab.command("make-" + target, Map.of("COMPOSE_PROJECT_NAME", ""), // that of make test
                "make", "-C", checkout.toString(), target);
        assertThat(make.awaitExit(Duration.ofMinutes(3))).as(make.tail()).isZero();
    }

    /** The file in this folder, with free ports instead of those that it has. */
    private static Path composeFile(Path folder, int free) throws IOException {
        String yaml = Files.readString(Repo.file("docker-compose.yml"));
        List<String> written = List.of("9092", "19092", "19094", "19096");
        for (int i = 0; i < written.size(); i++) {
            assertThat(yaml).contains(":" + written.get(i));
            yaml = yaml.replaceAll("\\b" + written.get(i) + "\\b", String.valueOf(free + i));
        }
        return Files.writeString(Files.createDirectories(folder).resolve("docker-compose.yml"), yaml);
    }

    private static Map<String, Object> quick(String bootstrap) {
        return Map.of("bootstrap.servers", bootstrap, "request.timeout.ms", 4_000, "default.api.timeout.ms", 8_000);
    }

    /** A broker that starts accepts connections before it answers: a request of 30 s would use up the time. */
    private static void awaitTopic(String bootstrap, int replicas) {
        try (Kafka kafka = new Kafka(quick(bootstrap))) {
            await("a topic with " + replicas + " replicas at " + bootstrap)
                    .atMost(Duration.ofMinutes(3))
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

    private static Running compose(Lab lab, Path file, String... arguments) {
        List<String> command = new ArrayList<>(Tool.works("docker", "compose", "version")
                ? List.of("docker", "compose") : List.of("docker-compose"));
        command.addAll(List.of("-p", lab.group, "-f", file.toString()));
        command.addAll(List.of(arguments));
        return lab.command("compose", Map.of(), command.toArray(String[]::new));
    }
}
