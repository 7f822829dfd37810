package dlq;

import cli.ExitCode;
import cli.Failure;
import cli.KafkaOptions;
import cli.LogOptions;
import cli.Script;
import cluster.TopicReader;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all subcommands of DlqInspector share: which topic, in which Kafka, and how to read it. */
public abstract class DlqCommand implements Callable<Integer> {
    private static final String DEFAULT_TOPIC = "order-events-dlq";
    private static final String DEFAULT_ISOLATION_LEVEL = "read_committed";
    private static final String DEFAULT_TIMEOUT_MS = "60000";
    private static final int LEAST_TIMEOUT_MS = 1_000;
    private static final String CLIENT_ID = "dlq-inspector";
    private static final int FETCH_BYTES = 8 * 1024 * 1024;

    @Option(names = "--topic", defaultValue = DEFAULT_TOPIC, paramLabel = "TOPIC",
            description = "The dead-letter topic (default: ${DEFAULT-VALUE}).")
    protected String topic;

    @Option(names = "--isolation-level", defaultValue = DEFAULT_ISOLATION_LEVEL,
            paramLabel = "read_committed|read_uncommitted",
            description = "Whether to show only committed records, or also those of aborted and open transactions "
                    + "(default: ${DEFAULT-VALUE}).")
    protected String isolationLevel;

    @Option(names = "--timeout-ms", defaultValue = DEFAULT_TIMEOUT_MS, paramLabel = "MS",
            description = "How long to wait for Kafka if it becomes unreachable (default: ${DEFAULT-VALUE}).")
    private int timeoutMs;

    @Mixin
    protected KafkaOptions kafka;

    @Mixin
    private LogOptions logging;

    @Spec
    private CommandSpec spec;

    @Override
    public final Integer call() throws Exception {
        if (!List.of("read_committed", "read_uncommitted").contains(isolationLevel)) {
            throw new Failure(ExitCode.USAGE, "--isolation-level " + isolationLevel + ": give read_committed or "
                    + "read_uncommitted.");
        }
        if (timeoutMs < LEAST_TIMEOUT_MS) {
            throw new Failure(ExitCode.USAGE, "--timeout-ms has to be " + LEAST_TIMEOUT_MS + " or more.");
        }
        // one sentence reports a failed send or commit; the clients' own log lines add nothing
        logging.level(Producer.class.getPackageName(), "off").level(Consumer.class.getPackageName(), "off");
        try (Admin admin = kafka.connect(CLIENT_ID, logging.open(getClass(), null))) {
            kafka.topics(admin).require(topic, AclOperation.READ);
            return run(admin);
        } catch (KafkaException e) {
            throw kafka.failure(e);
        } finally {
            out().flush();
        }
    }

    /** Runs the subcommand, once Kafka answers and the topic exists; returns the exit code. */
    protected abstract Integer run(Admin admin) throws Exception;

    /**
     * The settings that every client of this command starts with; a new object each time, so that callers can add to
     * it.
     */
    protected Properties client() {
        return kafka.client(CLIENT_ID);
    }

    /** The same for a client that reads dead letters. */
    protected Properties readingClient() {
        Properties settings = client();
        // the default, 50 MB, is too much for -Xmx128m
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
        // a request may wait for as long as --timeout-ms
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeoutMs);
        return settings;
    }

    protected TopicReader reader() {
        return new TopicReader(readingClient(), isolationLevel, timeout());
    }

    /** How long to wait without progress; after that, Kafka counts as unreachable. */
    protected Duration timeout() {
        return Duration.ofMillis(timeoutMs);
    }

    /** The record at a place, if it is there. */
    protected Optional<ConsumerRecord<byte[], byte[]>> record(TopicReader reader, TopicPartition partition,
            long offset) {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        if (reader.partitions(partition.topic()).contains(partition)) {
            reader.read(Map.of(partition, offset), () -> !found.isEmpty(), found::add);
        }
        return found.stream().findFirst().filter(record -> record.offset() == offset);
    }

    /** The original record of a dead letter, if its topic still has it. */
    protected Optional<ConsumerRecord<byte[], byte[]>> original(TopicReader reader, Letter letter) {
        return letter.origin()
                .filter(from -> from.partition() != null && from.offset() != null)
                .flatMap(from -> record(reader, new TopicPartition(from.topic(), from.partition()), from.offset()))
                .filter(letter::mayBeFrom);
    }

    protected PrintWriter out() {
        return spec.commandLine().getOut();
    }

    protected String bold(String text) {
        return spec.commandLine().getColorScheme().ansi().enabled()
                ? Ansi.Style.on(Ansi.Style.bold) + text + Ansi.Style.reset.on() : text;
    }

    /** Ctrl-C and SIGTERM stop the command at the next safe point. */
    public static final class Stop implements AutoCloseable {
        private final AtomicBoolean asked = new AtomicBoolean();
        private final Script.Shutdown shutdown = new Script.Shutdown(() -> asked.set(true));

        public boolean asked() {
            return asked.get();
        }

        @Override
        public void close() {
            shutdown.close();
        }
    }
}
