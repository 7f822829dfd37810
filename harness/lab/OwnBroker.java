package lab;

import java.nio.file.Path;
import java.util.Map;

/**
 * A {@code KafkaBroker.java} that the tests of one class share, one after the other, to kill it, to freeze it, and to
 * set rules on it: what no rule denies is allowed (see {@link Kafka#addRule}).
 */
public final class OwnBroker implements Broker {
    private final Path folder;
    private final String[] options;
    private Running process;
    private final String bootstrap;

    /**
     * @param folder  for data and logs
     * @param options more options of the script
     */
    public OwnBroker(Path folder, String... options) {
        this.folder = folder;
        this.options = options;
        start("0");
        bootstrap = Broker.address(process);
    }

    private void start(String port) {
        process = Running.start("KafkaBroker", folder, folder, Map.of(), Build.command("KafkaBroker", Lab.with(
                options, "--port", port, "--data-dir", folder.resolve("data").toString(), "--property",
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "--property",
                "allow.everyone.if.no.acl.found=true", "--property", "super.users=User:somebody")));
    }

    public void freeze() {
        process.freeze();
    }

    public void thaw() {
        process.thaw();
    }

    public void kill9() {
        process.kill9();
    }

    /** Stops it, so that it does not look through its log at the next start. */
    public void stop() {
        process.stop();
    }

    /** The first segment of a partition. */
    public Path segment(String topic, int partition) {
        return folder.resolve("data").resolve(topic + "-" + partition).resolve("00000000000000000000.log");
    }

    /** Starts it again after a kill, on the same port and with the same data; returns once it is ready. */
    public void startAgain() {
        start(bootstrap.substring(bootstrap.lastIndexOf(':') + 1));
        Broker.address(process);
    }

    @Override
    public void heal() {
        process.thaw();
        if (!process.alive()) {
            startAgain();
        }
    }

    @Override
    public String bootstrap() {
        return bootstrap;
    }

    @Override
    public String description() {
        return "KafkaBroker.java of one class at " + bootstrap;
    }

    @Override
    public String tail() {
        return process.tail();
    }

    @Override
    public void close() {
        process.kill9();
    }
}
