package lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/** The Kafka that the scripts run against. */
public interface Broker extends AutoCloseable {
    String bootstrap();

    /** What it is, for the report. */
    String description();

    /** The last lines of its log. */
    default String tail() {
        return "";
    }

    @Override
    default void close() {
    }

    /** The embedded one, {@code KafkaBroker.java}, as a process of its own on a free port. */
    static Broker embedded(Path logs, String why) {
        Running process =
                Running.start("KafkaBroker", logs, logs, Map.of(), Build.command("KafkaBroker", "--port", "0"));
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
                process.close();
            }
        };
    }

    /** One that somebody else runs. */
    static Broker running(String bootstrap) {
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

    /** Waits until a {@code KafkaBroker.java} is ready, and returns the bootstrap address that it printed. */
    static String address(Running broker) {
        return broker.awaitOut("broker ready", Pattern.compile("is ready: (\\S+)\\n"), Duration.ofSeconds(60));
    }
}
