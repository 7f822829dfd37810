package api;

import cli.ExitCode;
import cli.Failure;
import cli.FreezePoint;
import cluster.ClusterFailure;
import cluster.TopicAdmin;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.config.TopicConfig;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Which acknowledgement an order needs, how many orders may wait for one, and for how long. The fields are public:
 * picocli sets them, and after that they are only read.
 */
@Command(optionListHeading = "Acknowledgements:%n")
public final class DeliveryOptions {
    private static final String DEFAULT_ACKS = "all";
    private static final String DEFAULT_TIMEOUT_MS = "10000";
    private static final String DEFAULT_MAX_IN_FLIGHT = "2000";
    private static final String DEFAULT_BUFFER_MEMORY = "33554432"; // 32 MiB, Kafka's own default
    private static final int SHORTEST_TIMEOUT_MS = 100;

    @Option(names = "--acks", defaultValue = DEFAULT_ACKS, paramLabel = "all|1|0",
            description = "Which acknowledgement to wait for: from all in-sync replicas, from the leader (1), or "
                    + "none (0). Only 'all' keeps an accepted order when a broker dies (default: ${DEFAULT-VALUE}).")
    public String acks;

    @Option(names = "--no-idempotence",
            description = "Let the producer's own retries write a record twice. Unsafe.")
    public boolean noIdempotence;

    @Option(names = "--timeout-ms", defaultValue = DEFAULT_TIMEOUT_MS, paramLabel = "MS",
            description = "How long a request may take before it is answered 504 (default: ${DEFAULT-VALUE}).")
    public int timeoutMs;

    @Option(names = "--max-in-flight", defaultValue = DEFAULT_MAX_IN_FLIGHT, paramLabel = "N",
            description = "How many orders may wait for Kafka; more are answered 503 at once "
                    + "(default: ${DEFAULT-VALUE}).")
    public int maxInFlight;

    @Option(names = "--buffer-memory", defaultValue = DEFAULT_BUFFER_MEMORY, paramLabel = "BYTES",
            description = "The same limit in bytes, as the producer's buffer counts them (default: ${DEFAULT-VALUE}).")
    public long bufferMemory;

    @Option(names = "--freeze-at", paramLabel = "acknowledged",
            description = "For tests: freeze the process (SIGSTOP) the first time that Kafka has acknowledged an order "
                    + "and its client has no answer; then kill it, or continue it (SIGCONT).")
    private String freezeAt;

    /**
     * Warns of each guarantee that is off.
     *
     * @throws Failure if a value makes no sense
     */
    public void check(Logger log) {
        if (!List.of("all", "-1", "1", "0").contains(acks)) {
            throw new Failure(ExitCode.USAGE, "--acks " + acks + ": give all, 1 or 0.");
        }
        if (timeoutMs < SHORTEST_TIMEOUT_MS || maxInFlight < 1) {
            throw new Failure(ExitCode.USAGE, "--timeout-ms has to be " + SHORTEST_TIMEOUT_MS + " or more, "
                    + "--max-in-flight 1 or more.");
        }
        FreezePoint.arm(freezeAt, FreezePoint.ACKNOWLEDGED);
        if (!allReplicas()) {
            log.warn("UNSAFE: --acks {} answers 201 for orders that are lost when a broker dies", acks);
        }
        if (!idempotent()) {
            log.warn("UNSAFE: without the idempotent producer a lost acknowledgement writes an order twice");
        }
    }

    /** Warns if the topic lets the leader accept an order alone, whatever {@code acks} says. */
    public void checkTopic(String topic, TopicAdmin topics, Logger log) {
        int replicas = topics.describe(topic).map(found -> found.partitions().getFirst().replicas().size()).orElse(1);
        if (allReplicas() && replicas > 1 && mayBeAlone(topic, topics, log)) {
            log.warn("{} has min.insync.replicas=1: while its other replicas are behind, one broker acknowledges "
                    + "alone, and the order is lost with it. Set min.insync.replicas=2.", topic);
        }
    }

    private static boolean mayBeAlone(String topic, TopicAdmin topics, Logger log) {
        try {
            return topics.settings(topic).get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG).equals("1");
        } catch (ClusterFailure e) { // the right to see the settings is not needed for anything else
            log.debug("min.insync.replicas is not known", e);
            return false;
        }
    }

    /** Whether the producer's own retries add no record: Kafka allows that with {@code acks=all} only. */
    public boolean idempotent() {
        return allReplicas() && !noIdempotence;
    }

    public Duration timeout() {
        return Duration.ofMillis(timeoutMs);
    }

    private boolean allReplicas() {
        return acks.equals("all") || acks.equals("-1");
    }
}
