package lab;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.testcontainers.kafka.KafkaContainer;

/** Kafka in a container, by Testcontainers. */
public final class DockerBroker implements Broker {
    private static final String IMAGE = "apache/kafka:4.4.0";
    private static final int TAIL = 40;

    private final String why;
    private final KafkaContainer kafka = new KafkaContainer(IMAGE).withEnv(Map.of(
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0",   // as the embedded broker has it
            "KAFKA_GROUP_CONSUMER_MIN_HEARTBEAT_INTERVAL_MS", "500",
            "KAFKA_GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS", "500",
            "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS", "5",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_NUM_PARTITIONS", "5",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1", // Testcontainers leaves it at 3
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1"));

    public DockerBroker(String why) {
        this.why = why;
        System.out.println("starting " + IMAGE + " in Docker; where it is not there, it is fetched first");
        kafka.start();
        Reaper.watchContainer(kafka.getContainerId());
    }

    /** Whether a Docker engine answers. */
    public static boolean possible() {
        try {
            Process docker = new ProcessBuilder("docker", "info").redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            boolean answered = docker.waitFor(10, TimeUnit.SECONDS);
            docker.destroyForcibly();
            return answered && docker.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
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
