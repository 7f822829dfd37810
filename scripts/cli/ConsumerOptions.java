package cli;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How a consumer takes part in its group, within which bounds it works, and what it prints. Fields, since picocli sets
 * them and they are only read from then on.
 */
@Command(optionListHeading = "Consumer:%n")
public final class ConsumerOptions {
    private static final String DEFAULT_SESSION_TIMEOUT_MS = "10000";
    private static final String DEFAULT_MAX_IN_FLIGHT = "10000";
    private static final String DEFAULT_MAX_IN_FLIGHT_BYTES = "67108864";
    private static final String DEFAULT_DRAIN_TIMEOUT_MS = "10000";
    private static final String DEFAULT_REPLAY_HORIZON_DAYS = "7";
    private static final String DEFAULT_FIGURES_INTERVAL_MS = "5000";

    private static final String RANDOM_NAME = UUID.randomUUID().toString();
    private static final int LONGEST_HEARTBEAT_MS = 500;

    private enum GroupProtocol { classic, consumer }

    private enum OnRefusal { retry, stop }

    @Option(names = "--group-protocol", defaultValue = "classic", paramLabel = "classic|consumer",
            description = "Who assigns the partitions: a member of the group, or the broker (KIP-848) "
                    + "(default: ${DEFAULT-VALUE}).")
    private GroupProtocol groupProtocol;

    @Option(names = "--session-timeout-ms", defaultValue = DEFAULT_SESSION_TIMEOUT_MS, paramLabel = "MS",
            description = "After how long without a heartbeat the group gives this consumer up; with the consumer "
                    + "protocol the broker decides (default: ${DEFAULT-VALUE}).")
    public int sessionTimeoutMs;

    @Option(names = "--instance-id", paramLabel = "ID",
            description = "A name for this consumer that outlives it (KIP-345): started again under the same name, it "
                    + "has its partitions back without waiting for the session of its former life to end.")
    private String instanceId;

    @Option(names = "--max-in-flight", defaultValue = DEFAULT_MAX_IN_FLIGHT, paramLabel = "N",
            description = "How many records to hold uncommitted before polling pauses (default: ${DEFAULT-VALUE}).")
    public int maxInFlight;

    @Option(names = "--max-in-flight-bytes", defaultValue = DEFAULT_MAX_IN_FLIGHT_BYTES, paramLabel = "BYTES",
            description = "The same in bytes; one fetch may go over (default: ${DEFAULT-VALUE}).")
    public long maxInFlightBytes;

    @Option(names = "--drain-timeout-ms", defaultValue = DEFAULT_DRAIN_TIMEOUT_MS, paramLabel = "MS",
            description = "How long to wait, when partitions leave, for the orders being handled "
                    + "(default: ${DEFAULT-VALUE}).")
    public int drainTimeoutMs;

    @Option(names = "--replay-horizon-days", defaultValue = DEFAULT_REPLAY_HORIZON_DAYS, paramLabel = "DAYS",
            description = "How long after its order a dead letter may be replayed: the ledger remembers for the "
                    + "retention of the orders and this (default: ${DEFAULT-VALUE}).")
    public int replayHorizonDays;

    @Option(names = "--on-refusal", defaultValue = "retry", paramLabel = "retry|stop",
            description = "What to do if Kafka refuses a dead letter or an outcome, say as too large: its offset is "
                    + "not committed in either case (default: ${DEFAULT-VALUE}).")
    private OnRefusal onRefusal;

    @Option(names = "--figures-interval-ms", defaultValue = DEFAULT_FIGURES_INTERVAL_MS, paramLabel = "MS",
            description = "How often to print a line of figures, if there is anything new; 0: never "
                    + "(default: ${DEFAULT-VALUE}).")
    public int figuresIntervalMs;

    @Option(names = "--json", description = "Print the figures as JSON, one object a line.")
    public boolean json;

    @Option(names = "--freeze-at", paramLabel = "polled|handled|written|committed",
            description = "For tests: freeze the process (SIGSTOP) the first time it has got so far with any record, "
                    + "to be killed there, or thawed (SIGCONT).")
    private void freezeAt(FreezePoint point) {
        FreezePoint.arm(point);
    }

    /** The settings by which the consumer takes part in its group; the group protocol decides which there are. */
    public Map<String, Object> membership(String group) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, groupProtocol.name());
        if (groupProtocol == GroupProtocol.classic) { // else these are the broker's
            // by default a dead consumer holds its partitions for 45 s
            settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, sessionTimeoutMs);
            // by a heartbeat a member learns of a rebalance
            settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                    Math.clamp(sessionTimeoutMs / 5, 1, LONGEST_HEARTBEAT_MS));
            // a consumer that stays keeps its partitions
            settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                    CooperativeStickyAssignor.class.getName());
        }
        if (instanceId != null) {
            settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instanceId);
        }
        return settings;
    }

    /** A name for this consumer: with {@code --instance-id} it is the same in its next life, else it is random. */
    public String consumerName() {
        return instanceId == null ? RANDOM_NAME : instanceId;
    }

    /** Whether to stop when Kafka refuses to write a record. */
    public boolean stopAtRefusal() {
        return onRefusal == OnRefusal.stop;
    }

    /** @throws Failure if a number makes no sense */
    public void check() {
        if (maxInFlight < 1 || maxInFlightBytes < 1) {
            throw new Failure(ExitCode.USAGE, "--max-in-flight and --max-in-flight-bytes have to be 1 or more.");
        }
        if (sessionTimeoutMs < 1 || drainTimeoutMs < 0 || figuresIntervalMs < 0 || replayHorizonDays < 0) {
            throw new Failure(ExitCode.USAGE, "Times have to be 0 or more, --session-timeout-ms 1 or more.");
        }
    }
}
