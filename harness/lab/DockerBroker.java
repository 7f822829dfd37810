package lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.testcontainers.kafka.KafkaContainer;

/** Kafka in a container, by Testcontainers. */
public final class DockerBroker implements Broker {
    private static final String IMAGE = "apache/kafka:4.4.0";
    private static final Duration LONGEST_PULL = Duration.ofMinutes(5);
    private static final int TAIL = 40;

    private final String why;
    private final KafkaContainer kafka = new KafkaContainer(IMAGE).withEnv(Map.of(
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0",   // as in the embedded broker
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false",
            "KAFKA_GROUP_CONSUMER_MIN_HEARTBEAT_INTERVAL_MS", "500",
            "KAFKA_GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS", "500",
            "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS", "5",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_NUM_PARTITIONS", "5",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1", // the default is 3
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1"));

    /** @throws IllegalStateException if the image cannot be pulled, or does not start */
    public DockerBroker(String why, Path logs) {
        this.why = why;
        if (!Tool.works("docker", "image", "inspect", IMAGE) && !Installation.run(
                "docker pull " + IMAGE, logs, LONGEST_PULL, Map.of(), "docker", "pull", IMAGE)) {
            throw new IllegalStateException("Docker cannot pull " + IMAGE);
        }
        Map<String, String> label = Map.of("kafka-order-lab", UUID.randomUUID().toString());
        label.forEach((key, value) -> Reaper.watchDocker(key + "=" + value));
        try {
            kafka.withLabels(label).start();
        } catch (RuntimeException e) { // such as when Testcontainers cannot pull an image of its own
            throw new IllegalStateException("Docker cannot start " + IMAGE + ": " + rootCause(e).getMessage(), e);
        }
    }

    private static Throwable rootCause(Throwable e) {
        return e.getCause() == null ? e : rootCause(e.getCause());
    }

    /** Whether a Docker engine answers. */
    public static boolean possible() {
        return Tool.works("docker", "info");
    }

    @Override
    public String bootstrap() {
        return kafka.getBootstrapServers();
    }

    @Override
    public String description() {
        return IMAGE + " in Docker at " + bootstrap() + " (" + why + ")";
    }

    @Override
    public String tail() {
        List<String> lines = kafka.getLogs().lines().toList();
        return "--- broker\n" + String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL), lines.size())) + "\n";
    }

    @Override
    public void close() {
        kafka.stop();
    }
}
