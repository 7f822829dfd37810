package lab;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/** The Kafka that the scripts run against. */
public interface Broker extends AutoCloseable {
    String bootstrap();

    /** The settings that a client needs to connect. */
    default Map<String, Object> client() {
        return Map.of("bootstrap.servers", bootstrap());
    }

    /** What it is, for the report. */
    String description();

    /** The last lines of its log. */
    default String tail() {
        return "";
    }

    /** Restores it for the next test, whatever state the last one left it in. */
    default void heal() {
    }

    @Override
    default void close() {
    }

    /** The embedded one, {@code KafkaBroker.java}, as a process of its own on a free port. */
    static Broker embedded(Path logs, String why) {
        Running process = Running.start("KafkaBroker", logs, logs, Map.of(), Build.command("KafkaBroker", "--port",
                "0", "--property", "share.coordinator.state.topic.num.partitions=5", // creating 50 takes a while
                "--property", "log.cleaner.backoff.ms=1000")); // and a proof waits for compaction
        String bootstrap = address(process);
        return new Broker() {
            @Override
            public String bootstrap() {
                return bootstrap;
            }

            @Override
            public String description() {
                return "KafkaBroker.java at " + bootstrap + " (" + why + ")";
            }

            @Override
            public String tail() {
                return process.tail();
            }

            @Override
            public void close() {
                process.kill9(); // what it would write is not needed
            }
        };
    }

    /** One that is already running. */
    static Broker running(String bootstrap) {
        requireListening(bootstrap, "Kafka", "start one (make broker), or give its address");
        return new Broker() {
            @Override
            public String bootstrap() {
                return bootstrap;
            }

            @Override
            public String description() {
                return "Kafka at " + bootstrap + " (asked for)";
            }
        };
    }

    /** Throws a one-sentence error that says what to do, if nothing listens at these addresses (HOST:PORT,...). */
    static void requireListening(String addresses, String name, String whatToDo) {
        for (String address : addresses.split(",")) {
            int colon = address.lastIndexOf(':');
            String host = address.substring(0, Math.max(0, colon));
            try (Socket socket = new Socket(host, Integer.parseInt(address.substring(colon + 1)))) {
                return;
            } catch (IOException | RuntimeException e) {
                // try the next one
            }
        }
        throw new IllegalStateException("No " + name + " listens at " + addresses + ": " + whatToDo + ".");
    }

    /** Waits until a {@code KafkaBroker.java} is ready, and returns the bootstrap address that it printed. */
    static String address(Running broker) {
        return broker.awaitOut("broker ready", Pattern.compile("is ready: (\\S+)\\n"), Duration.ofSeconds(60));
    }
}
