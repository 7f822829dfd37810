package lab;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.testcontainers.kafka.KafkaContainer;

/** The Kafka that the scripts run against: Testcontainers', the embedded one ({@code KafkaBroker.java}), or any other. */
public interface Broker extends AutoCloseable {
    String IMAGE = "apache/kafka:4.3.1";

    String bootstrap();

    /** What it is, for the report. */
    String description();

    /** The last lines of its log. */
    String tail();

    @Override
    void close();

    /** @param choice auto, docker, embedded or HOST:PORT */
    static Broker open(String choice, Path logs) {
        return switch (choice) {
            case "docker" -> docker("asked for");
            case "embedded" -> embedded(logs, "asked for");
            case "auto" -> dockerAnswers() ? docker("a Docker engine answers") : embedded(logs, "no Docker engine answers");
            default -> {
                if (!choice.matches(".+:\\d+")) {
                    throw new IllegalArgumentException("--broker " + choice + ": give auto, docker, embedded or HOST:PORT.");
                }
                yield new Running(choice);
            }
        };
    }

    private static boolean dockerAnswers() {
        try {
            Process docker = new ProcessBuilder("docker", "info").redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return docker.waitFor(10, TimeUnit.SECONDS) && docker.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Broker docker(String why) {
        KafkaContainer kafka = new KafkaContainer(IMAGE)
                .withEnv(Map.of("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0", "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS", "5",
                        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1",
                        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1"));
        kafka.start();
        Reaper.watchContainer(kafka.getContainerId());
        return new Broker() {
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
                return "--- broker\n" + String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size())) + "\n";
            }

            @Override
            public void close() {
                kafka.stop();
            }
        };
    }

    private static Broker embedded(Path logs, String why) {
        return new Embedded(embedded(logs, "--port", "0"), why);
    }

    /** Starts {@code KafkaBroker.java} with options and waits until it is ready. */
    static lab.Running embedded(Path logs, String... options) {
        lab.Running broker = lab.Running.start("KafkaBroker", logs, logs, Map.of(), Build.command("KafkaBroker", options));
        address(broker);
        return broker;
    }

    /** The bootstrap address that a broker printed. */
    static String address(lab.Running broker) {
        return broker.awaitOut("broker ready", Pattern.compile("is ready: (\\S+)\\n"), Duration.ofSeconds(60));
    }

    /** The embedded broker, a process of its own. */
    record Embedded(lab.Running process, String why) implements Broker {
        @Override
        public String bootstrap() {
            return address(process);
        }

        @Override
        public String description() {
            return "KafkaBroker.java at " + bootstrap() + " (" + why + ")";
        }

        @Override
        public String tail() {
            return process.tail();
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** One that somebody else runs. */
    record Running(String bootstrap) implements Broker {
        @Override
        public String description() {
            return "Kafka at " + bootstrap + " (asked for)";
        }

        @Override
        public String tail() {
            return "";
        }

        @Override
        public void close() {
        }
    }
}
