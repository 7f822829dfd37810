package consumer;

import cli.ExitCode;
import cli.Failure;
import cli.KafkaOptions;
import java.time.Duration;
import java.util.Properties;
import orders.Topics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Which topics the consumer works on, in which group, within which bounds; and the settings of its clients that follow.
 * Fields, since picocli sets them and they are only read from then on.
 */
@Command(optionListHeading = "Consumer:%n")
public final class ConsumerOptions {
    /** The two ways in which a group agrees on who has which partition. */
    public enum GroupProtocol { classic, consumer }

    private static final int LONGEST_HEARTBEAT_MS = 500;
    private static final long MOST_FETCHED = 16 * 1024 * 1024;

    @Option(names = "--group", defaultValue = Topics.GROUP, paramLabel = "GROUP",
            description = "Consumer group (default: ${DEFAULT-VALUE}).")
    public String group;

    @Option(names = "--topic", defaultValue = Topics.EVENTS, paramLabel = "TOPIC",
            description = "Where the orders are (default: ${DEFAULT-VALUE}).")
    public String topic;

    @Option(names = "--dlq-topic", defaultValue = Topics.DLQ, paramLabel = "TOPIC",
            description = "Where dead letters go (default: ${DEFAULT-VALUE}).")
    public String dlqTopic;

    @Option(names = "--outcomes-topic", defaultValue = Topics.OUTCOMES, paramLabel = "TOPIC",
            description = "The ledger: what became of each order (default: ${DEFAULT-VALUE}).")
    public String outcomesTopic;

    @Option(names = "--replay-horizon-days", defaultValue = Topics.REPLAY_HORIZON_DAYS, paramLabel = "DAYS",
            description = "How long after its order a dead letter may be replayed: the ledger remembers for the "
                    + "retention of the orders and this (default: ${DEFAULT-VALUE}).")
    public int replayHorizonDays;

    @Option(names = "--group-protocol", defaultValue = "classic", paramLabel = "classic|consumer",
            description = "Who assigns the partitions: a member of the group, or the broker (KIP-848) "
                    + "(default: ${DEFAULT-VALUE}).")
    public GroupProtocol groupProtocol;

    @Option(names = "--session-timeout-ms", defaultValue = "10000", paramLabel = "MS",
            description = "After how long without a heartbeat the group gives this consumer up; with the consumer "
                    + "protocol the broker decides (default: ${DEFAULT-VALUE}).")
    public int sessionTimeoutMs;

    @Option(names = "--instance-id", paramLabel = "ID",
            description = "A name for this consumer that outlives it (KIP-345): started again under the same name, it "
                    + "has its partitions back without waiting for the session of its former life to end.")
    public String instanceId;

    @Option(names = "--max-in-flight", defaultValue = "10000", paramLabel = "N",
            description = "How many records to hold uncommitted before polling pauses (default: ${DEFAULT-VALUE}).")
    public int maxInFlight;

    @Option(names = "--max-in-flight-bytes", defaultValue = "67108864", paramLabel = "BYTES",
            description = "The same in bytes; one fetch may go over (default: ${DEFAULT-VALUE}).")
    public long maxInFlightBytes;

    @Option(names = "--drain-timeout-ms", defaultValue = "10000", paramLabel = "MS",
            description = "How long to wait, when partitions leave, for the orders being handled "
                    + "(default: ${DEFAULT-VALUE}).")
    public int drainTimeoutMs;

    @Option(names = "--on-refusal", defaultValue = "retry", paramLabel = "retry|stop",
            description = "What to do if Kafka refuses a dead letter or an outcome, say as too large: its offset is "
                    + "not committed in either case (default: ${DEFAULT-VALUE}).")
    public OnRefusal onRefusal;

    @Option(names = "--figures-interval-ms", defaultValue = "5000", paramLabel = "MS",
            description = "How often to print a line of figures, if there is anything new; 0: never "
                    + "(default: ${DEFAULT-VALUE}).")
    public int figuresIntervalMs;

    @Option(names = "--json", description = "Print the figures as JSON, one object a line.")
    public boolean json;

    /** See {@code --on-refusal}. */
    public enum OnRefusal { retry, stop }

    /** @throws Failure if a number makes no sense */
    public void check() {
        if (maxInFlight < 1 || maxInFlightBytes < 1) {
            throw new Failure(ExitCode.USAGE, "--max-in-flight and --max-in-flight-bytes have to be 1 or more.");
        }
        if (sessionTimeoutMs < 1 || drainTimeoutMs < 0 || figuresIntervalMs < 0 || replayHorizonDays < 0) {
            throw new Failure(ExitCode.USAGE, "Times have to be 0 or more, --session-timeout-ms 1 or more.");
        }
    }

    /** The settings of the consumer proper. */
    public Properties consumer(KafkaOptions kafka, boolean autoCommit) {
        Properties settings = kafka.client(group);
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, autoCommit); // it commits what was polled, not done
        settings.put(ConsumerConfig.AUTO_COMMIT_INTERVAL_MS_CONFIG, 500); // with it, let the loss show soon
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"); // a new group begins with what is there
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed"); // and waits for offsets to be stable
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000); // what one flush and one commit are shared by
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, (int) Math.min(MOST_FETCHED, maxInFlightBytes));
        settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, groupProtocol.name());
        if (groupProtocol == GroupProtocol.classic) { // else these are the broker's
            settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, sessionTimeoutMs); // 45 s is long for the dead
            settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, // by it a member learns of a rebalance
                    Math.clamp(sessionTimeoutMs / 5, 1, LONGEST_HEARTBEAT_MS));
            settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,         // who stays keeps its partitions
                    CooperativeStickyAssignor.class.getName());
        }
        if (instanceId != null) {
            settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instanceId);
        }
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class); // poison must not fail
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class); // inside of poll()
        return settings;
    }

    /** The settings that make the writing producer a transactional one. */
    public Properties transactional(Properties producer, String name) {
        producer.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, group + "-" + (instanceId == null ? name : instanceId));
        producer.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, sessionTimeoutMs); // the dead hold nobody up for longer
        return producer;
    }

    /**
     * Creates the topics that are missing.
     *
     * @return how long the ledger's topic remembers, in milliseconds
     */
    public long prepareTopics(KafkaOptions kafka, Admin admin, Logger log) {
        kafka.topics(admin).createMissing(Topics.events(topic), AclOperation.READ, AclOperation.DESCRIBE_CONFIGS);
        kafka.topics(admin).createMissing(Topics.deadLetters(dlqTopic)); // who may not write to it holds its letters back
        int partitions = kafka.topics(admin).partitions(topic);
        long needed = Topics.ledgerRetention(kafka.topics(admin).retention(topic), Duration.ofDays(replayHorizonDays));
        kafka.topics(admin).createMissing(Topics.outcomes(outcomesTopic, partitions, needed), AclOperation.READ,
                AclOperation.WRITE, AclOperation.DESCRIBE_CONFIGS);
        if (kafka.topics(admin).partitions(outcomesTopic) < partitions) {
            throw new Failure(
                    "The ledger " + outcomesTopic + " has fewer partitions than " + topic + " (" + partitions
                            + "), and an order's outcome goes to the partition of its number: add partitions to it.");
        }
        long remembered = kafka.topics(admin).retention(outcomesTopic);
        if (remembered < needed) {
            log.warn("the ledger {} forgets after {}, but orders are kept in {} and replayed for {} in all: an order "
                            + "older than that is processed twice. Raise its retention.ms to {}, or lower "
                            + "--replay-horizon-days.",
                    outcomesTopic, Duration.ofMillis(remembered), topic, inWords(needed), retentionMs(needed));
        }
        return remembered;
    }

    private static String inWords(long ms) {
        return ms == Long.MAX_VALUE ? "ever" : Duration.ofMillis(ms).toString();
    }

    private static long retentionMs(long ms) {
        return ms == Long.MAX_VALUE ? -1 : ms;
    }
}
