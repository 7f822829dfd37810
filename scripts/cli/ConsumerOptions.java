package cli;

import cluster.Cluster;
import cluster.StaticMember;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/**
 * How a consumer takes part in its group, its limits, and what it prints. The fields are public: picocli sets them, and
 * after that they are only read.
 */
@Command(optionListHeading = "Consumer:%n")
public final class ConsumerOptions {
    private static final String DEFAULT_SESSION_TIMEOUT_MS = "10000";
    private static final String DEFAULT_MAX_POLL_INTERVAL_MS = "300000";
    private static final String DEFAULT_MAX_IN_FLIGHT = "10000";
    private static final String DEFAULT_MAX_IN_FLIGHT_BYTES = "67108864";
    private static final String DEFAULT_DRAIN_TIMEOUT_MS = "10000";
    private static final String DEFAULT_REPLAY_HORIZON_DAYS = "7";
    private static final String DEFAULT_FIGURES_INTERVAL_MS = "5000";

    private static final String RANDOM_NAME = UUID.randomUUID().toString();
    private static final int LONGEST_HEARTBEAT_MS = 200;
    private static final Duration CLOSE_TIME = Duration.ofSeconds(20); // to write, commit and close, without Kafka

    private enum GroupProtocol { classic, consumer }

    private enum OnRefusal { retry, stop }

    private enum OnGap { proceed, stop }

    @Option(names = "--group-protocol", defaultValue = "classic", paramLabel = "classic|consumer",
            description = "Whether a member of the group assigns the partitions, or the broker (KIP-848) "
                    + "(default: ${DEFAULT-VALUE}).")
    private GroupProtocol groupProtocol;

    @Option(names = "--session-timeout-ms", defaultValue = DEFAULT_SESSION_TIMEOUT_MS, paramLabel = "MS",
            description = "After how long without a heartbeat the group removes this consumer; with --group-protocol "
                    + "consumer the broker decides. With --commit transactional also how long a transaction may stay "
                    + "open (default: ${DEFAULT-VALUE}).")
    public int sessionTimeoutMs;

    @Option(names = "--instance-id", paramLabel = "ID",
            description = "A static name for this consumer, which no other has (KIP-345): started again after a crash, "
                    + "it takes its own place in the group at once, without waiting for its old session to end, and "
                    + "ends the transaction that it left open. Recommended with --commit transactional: else "
                    + "a crash holds up readers for the session timeout and up to 10 s more.")
    private String instanceId;

    @Option(names = "--max-poll-interval-ms", defaultValue = DEFAULT_MAX_POLL_INTERVAL_MS, paramLabel = "MS",
            description = "After how long without a poll the group removes this consumer (default: "
                    + "${DEFAULT-VALUE}).")
    private int maxPollIntervalMs;

    @Option(names = "--client-rack", paramLabel = "RACK",
            description = "Where this consumer is, so that it may fetch from a replica that is near (KIP-392).")
    private String clientRack;

    @Option(names = "--from", defaultValue = "earliest", converter = From.class, paramLabel = "earliest|latest|TIME",
            description = "Where a group that is new starts: at the oldest record, at the end, or at the first record "
                    + "from a time on, such as 2026-01-31T12:00:00Z or 90m ago as 90m (default: ${DEFAULT-VALUE}).")
    public Instant from;

    @Option(names = "--on-gap", defaultValue = "proceed", paramLabel = "proceed|stop",
            description = "What to do if records are gone before they were processed, removed by retention for "
                    + "example: report and count them, or stop (default: ${DEFAULT-VALUE}).")
    private OnGap onGap;

    @Option(names = "--skip-corrupt",
            description = "Skip records whose checksum is wrong, instead of waiting for a sound copy. Loses them.")
    public boolean skipCorrupt;

    @Option(names = "--max-in-flight", defaultValue = DEFAULT_MAX_IN_FLIGHT, paramLabel = "N",
            description = "How many uncommitted records of a partition to hold before it is paused (default: "
                    + "${DEFAULT-VALUE}).")
    public int maxInFlight;

    @Option(names = "--max-in-flight-bytes", defaultValue = DEFAULT_MAX_IN_FLIGHT_BYTES, paramLabel = "BYTES",
            description = "How many bytes of unfinished records to hold; all partitions have an equal share, which one "
                    + "fetch may exceed (default: ${DEFAULT-VALUE}).")
    public long maxInFlightBytes;

    @Option(names = "--drain-timeout-ms", defaultValue = DEFAULT_DRAIN_TIMEOUT_MS, paramLabel = "MS",
            description = "How long to wait for orders that are being handled when partitions are revoked, or "
                    + "the consumer stops (default: ${DEFAULT-VALUE}).")
    public int drainTimeoutMs;

    @Option(names = "--replay-horizon-days", defaultValue = DEFAULT_REPLAY_HORIZON_DAYS, paramLabel = "DAYS",
            description = "How many days after its order a dead letter may still be replayed: the ledger remembers "
                    + "an order for the retention of the orders topic plus this (default: ${DEFAULT-VALUE}).")
    public int replayHorizonDays;

    @Option(names = "--on-refusal", defaultValue = "retry", paramLabel = "retry|stop",
            description = "What to do if Kafka refuses a dead letter or an outcome, for example as too large; its "
                    + "offset is not committed in either case (default: ${DEFAULT-VALUE}).")
    private OnRefusal onRefusal;

    @Option(names = "--figures-interval-ms", defaultValue = DEFAULT_FIGURES_INTERVAL_MS, paramLabel = "MS",
            description = "How often to print a line of figures, if there is anything new; 0: never "
                    + "(default: ${DEFAULT-VALUE}).")
    public int figuresIntervalMs;

    @Option(names = "--json", description = "Print the figures as JSON, one object per line.")
    public boolean json;

    @Option(names = "--freeze-at", paramLabel = "polled|handled|dead-lettered|written|committed",
            description = "For tests: freeze the process (SIGSTOP) the first time that a record gets to this point; "
                    + "then kill it, or continue it (SIGCONT).")
    private String freezeAt;

    /** {@link Instant#MIN} is earliest, {@link Instant#MAX} latest. */
    private static final class From implements ITypeConverter<Instant> {
        @Override
        public Instant convert(String text) {
            return switch (text) {
                case "earliest" -> Instant.MIN;
                case "latest" -> Instant.MAX;
                default -> new TimeOption.Converter().convert(text).time();
            };
        }
    }

    /** The settings of the group membership; which ones there are depends on the group protocol. */
    public Map<String, Object> membership(String group) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, groupProtocol.name());
        if (groupProtocol == GroupProtocol.classic) { // else the broker has these
            // by default a dead consumer holds its partitions for 45 s
            settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, sessionTimeoutMs);
            // a member learns of a rebalance by its heartbeat
            settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                    Math.clamp(sessionTimeoutMs / 5, 1, LONGEST_HEARTBEAT_MS));
            // in a rebalance a consumer keeps the partitions that do not have to move
            settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                    CooperativeStickyAssignor.class.getName());
        }
        settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, maxPollIntervalMs);
        if (clientRack != null) {
            settings.put(ConsumerConfig.CLIENT_RACK_CONFIG, clientRack);
        }
        if (instanceId != null) {
            settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instanceId);
        }
        return settings;
    }

    /** With an instance id, removes the member that had it before a crash, where the broker does not do so itself. */
    public void takeOver(Cluster cluster, Admin admin, String group, Logger log) {
        if (instanceId != null && groupProtocol == GroupProtocol.consumer) {
            StaticMember.remove(cluster, admin, group, instanceId, log);
        }
    }

    /**
     * The name of this consumer's transactions: with {@code --instance-id} it is the same after a restart, else random.
     * The instance is encoded, so that no two consumers of different groups ever have the same.
     */
    public String transactionalId(String group) {
        return group + "/" + URLEncoder.encode(instanceId == null ? RANDOM_NAME : instanceId, StandardCharsets.UTF_8);
    }

    /** How long a stop may take: work is finished, outcomes are written, offsets committed, and clients closed. */
    public Duration stopTimeout() {
        return Duration.ofMillis(drainTimeoutMs).plus(CLOSE_TIME);
    }

    /** Whether to stop when records are gone. */
    public boolean stopAtGap() {
        return onGap == OnGap.stop;
    }

    /** Whether to stop when Kafka refuses to write a record. */
    public boolean stopAtRefusal() {
        return onRefusal == OnRefusal.stop;
    }

    /** @throws Failure if a number makes no sense, or there is no such point to freeze at */
    public void check() {
        FreezePoint.arm(freezeAt, FreezePoint.POLLED, FreezePoint.HANDLED, FreezePoint.DEAD_LETTERED,
                FreezePoint.WRITTEN, FreezePoint.COMMITTED);
        if (maxInFlight < 1 || maxInFlightBytes < 1) {
            throw new Failure(ExitCode.USAGE, "--max-in-flight and --max-in-flight-bytes have to be 1 or more.");
        }
        if (maxPollIntervalMs < 1 || sessionTimeoutMs < 1 || drainTimeoutMs < 0 || figuresIntervalMs < 0
                || replayHorizonDays < 0) {
            throw new Failure(ExitCode.USAGE, "Times have to be 0 or more, --session-timeout-ms and "
                    + "--max-poll-interval-ms 1 or more.");
        }
    }
}
