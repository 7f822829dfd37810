///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Processes orders once: manual commits, ledger, retries, dead letters: jbang OrderConsumer.java
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.3.1
//SOURCES orders/Backoff.java
//SOURCES orders/DeadLetter.java
//SOURCES orders/Delivery.java
//SOURCES orders/IdempotencyConflict.java
//SOURCES orders/InvalidOrder.java
//SOURCES orders/Json.java
//SOURCES orders/KafkaOptions.java
//SOURCES orders/KeyedWorkers.java
//SOURCES orders/Ledger.java
//SOURCES orders/LogFile.java
//SOURCES orders/LogOptions.java
//SOURCES orders/MalformedRecord.java
//SOURCES orders/OffsetQueue.java
//SOURCES orders/Order.java
//SOURCES orders/OrderRejected.java
//SOURCES orders/Outcome.java
//SOURCES orders/OutcomeWriter.java
//SOURCES orders/OwnedPartition.java
//SOURCES orders/PermanentFailure.java
//SOURCES orders/Printable.java
//SOURCES orders/Script.java
//SOURCES orders/TopicReader.java
//SOURCES orders/Topics.java
//SOURCES orders/TransientFailure.java
//COMPILE_OPTIONS --release 21

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import orders.Backoff;
import orders.Delivery;
import orders.Delivery.Abandoned;
import orders.Delivery.DeadLettered;
import orders.Delivery.Duplicate;
import orders.Delivery.Processed;
import orders.Delivery.Result;
import orders.IdempotencyConflict;
import orders.InvalidOrder;
import orders.Json;
import orders.KafkaOptions;
import orders.KeyedWorkers;
import orders.Ledger;
import orders.LogOptions;
import orders.MalformedRecord;
import orders.Order;
import orders.OrderRejected;
import orders.OutcomeWriter;
import orders.OwnedPartition;
import orders.PermanentFailure;
import orders.Script;
import orders.Script.Failure;
import orders.Topics;
import orders.TransientFailure;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What happens to an order when the consumer dies between processing it and committing its offset?
 *
 * <p>One platform thread polls and writes; virtual threads only compute. A record goes this way:
 *
 * <ol>
 *   <li>Poll it, and queue it behind the earlier records of its key.
 *   <li>Look it up in the ledger: an order that was processed, in whatever life of whatever consumer, is a duplicate.
 *   <li>Handle it; a failure that may pass is retried with backoff, one that won't is not.
 *   <li>Write its outcome, or its dead letter, and wait for the acknowledgement.
 *   <li>Commit the offset up to the first record that is not finished, and never beyond.
 * </ol>
 *
 * Whoever dies before 4 has done nothing that counts, and the order is delivered again. Whoever dies between 4 and 5
 * has the order delivered again too, and the next consumer finds it in the ledger at 2. That is "at least once" made
 * "once".
 */
@Command(name = "OrderConsumer", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Processes orders once, and dead-letters those that fail.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:stopped", "1:failed", "2:wrong options", "3:Kafka cannot be reached",
            "130, 143:ended by Ctrl-C or SIGTERM"})
public class OrderConsumer implements Callable<Integer>, ConsumerRebalanceListener {
    private static final Duration IDLE_POLL = Duration.ofMillis(100);
    private static final Duration BUSY_POLL = Duration.ofMillis(5); // results wait for the poll thread
    private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REWRITE_PAUSE = Duration.ofSeconds(1);

    enum Dedup { ledger, memory, none }

    enum Ordering { key, none }

    @Mixin
    private KafkaOptions kafka;

    @Option(names = "--group", defaultValue = Topics.GROUP, paramLabel = "GROUP",
            description = "Consumer group (default: ${DEFAULT-VALUE}).")
    private String group;

    @Option(names = "--topic", defaultValue = Topics.EVENTS, paramLabel = "TOPIC",
            description = "Where the orders are (default: ${DEFAULT-VALUE}).")
    private String topic;

    @Option(names = "--dlq-topic", defaultValue = Topics.DLQ, paramLabel = "TOPIC",
            description = "Where dead letters go (default: ${DEFAULT-VALUE}).")
    private String dlqTopic;

    @Option(names = "--outcomes-topic", defaultValue = Topics.OUTCOMES, paramLabel = "TOPIC",
            description = "The ledger: what became of each order (default: ${DEFAULT-VALUE}).")
    private String outcomesTopic;

    @Option(names = "--concurrency", defaultValue = "100", paramLabel = "N",
            description = "How many orders to handle at a time (default: ${DEFAULT-VALUE}).")
    private int concurrency;

    @Option(names = "--max-in-flight", defaultValue = "10000", paramLabel = "N",
            description = "How many records to hold uncommitted before polling pauses (default: ${DEFAULT-VALUE}).")
    private int maxInFlight;

    @Option(names = "--max-attempts", defaultValue = "3", paramLabel = "N",
            description = "How often to try an order whose failure may pass (default: ${DEFAULT-VALUE}).")
    private int maxAttempts;

    @Option(names = "--retry-backoff-ms", defaultValue = "200", paramLabel = "MS",
            description = "Wait before the second attempt; doubles with each further one (default: ${DEFAULT-VALUE}).")
    private int retryBackoffMs;

    @Option(
            names = "--session-timeout-ms",
            defaultValue = "10000",
            paramLabel = "MS",
            description =
                    "After how long without a heartbeat the group gives this consumer up (default: ${DEFAULT-VALUE}).")
    private int sessionTimeoutMs;

    @Option(
            names = "--instance-id",
            paramLabel = "ID",
            description =
                    "A name for this consumer that outlives it (KIP-345): started again under the same name, it has"
                            + " its partitions back without waiting for the session of its former life to end.")
    private String instanceId;

    @Option(
            names = "--drain-timeout-ms",
            defaultValue = "10000",
            paramLabel = "MS",
            description = "How long to wait, when partitions leave, for the orders being handled (default:"
                    + " ${DEFAULT-VALUE}).")
    private int drainTimeoutMs;

    @Option(names = "--work-ms", defaultValue = "500", paramLabel = "MS",
            description = "Simulated work for each order (default: ${DEFAULT-VALUE}).")
    private int workMs;

    @Option(
            names = "--no-failures",
            description =
                    "Simulate no failures: the bug is fixed, and customers ending in f or r are served like any other.")
    private boolean noFailures;

    @Option(names = "--dedup", defaultValue = "ledger", paramLabel = "ledger|memory|none",
            description = "What recognises duplicates: the durable ledger, a set in the process, nothing "
                    + "(default: ${DEFAULT-VALUE}).")
    private Dedup dedup;

    @Option(names = "--ordering", defaultValue = "key", paramLabel = "key|none",
            description = "Handle the records of one key in order, or all in any order (default: ${DEFAULT-VALUE}).")
    private Ordering ordering;

    @Option(names = "--auto-commit", description = "Let the client commit what was polled, finished or not. Unsafe.")
    private boolean autoCommit;

    @Option(names = "--no-dlq", description = "Stop at a record that cannot be processed. Unsafe.")
    private boolean noDlq;

    @Option(names = "--log-file", defaultValue = "kafka_app.log", paramLabel = "FILE",
            description = "Where to log beside the console (default: ${DEFAULT-VALUE}).")
    private Path logFile;

    @Mixin
    private LogOptions logging;

    private final Map<TopicPartition, OwnedPartition> owned = new LinkedHashMap<>();
    private final LinkedBlockingQueue<Delivery> done = new LinkedBlockingQueue<>(); // bounded by what is in flight
    private final List<Delivery> unwritten = new ArrayList<>();
    private final Map<String, String> memory = new ConcurrentHashMap<>();
    private volatile boolean stopping;
    private Delivery stuck; // with --no-dlq: the record that cannot be processed
    private long rewriteAt = System.nanoTime();
    private Logger log;
    private Backoff backoff;
    private KeyedWorkers workers;
    private OutcomeWriter writer;
    private Consumer<byte[], byte[]> consumer;

    public static void main(String... args) {
        System.exit(Script.run(new OrderConsumer(), args));
    }

    @Override
    public Integer call() throws Exception {
        log = logging.open(OrderConsumer.class, logFile);
        check();
        warnOfWhatIsSwitchedOff();
        prepareTopics();
        backoff = new Backoff(Duration.ofMillis(retryBackoffMs), Duration.ofSeconds(10));
        workers = new KeyedWorkers(concurrency);
        // A poll lasts 100 ms at most: a flag is enough to end the loop, where a wakeup() might break off a commit.
        try (var shutdown = new Script.Shutdown(() -> stopping = true);
                var writer = new OutcomeWriter(kafka.client(group + "-writer"), outcomesTopic, dlqTopic, group);
                var consumer = new KafkaConsumer<byte[], byte[]>(consumerSettings());
                AutoCloseable inTime = () -> consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT))) { // not 30 s
            this.writer = writer;
            this.consumer = consumer;
            consumer.subscribe(List.of(topic), this);
            while (!stopping && stuck == null) {
                setFlow();
                dispatch(consumer.poll(nothingToWaitFor() ? IDLE_POLL : BUSY_POLL));            // 1
                write(takeDone(Duration.ZERO));                                                 // 4
                commit(owned.values());                                                         // 5
            }
            log.info("stopping: finishing what is being handled");
            release(List.copyOf(owned.keySet()));
            log.info("stopped");
            if (stuck != null) {
                throw new Failure(
                        stuck.at() + " cannot be processed and, with --no-dlq, has nowhere to go: every restart will "
                                + "meet it again. Run without --no-dlq.");
            }
        } catch (KafkaException e) {
            throw kafka.failure(e);
        }
        return Script.OK;
    }

    private boolean nothingToWaitFor() {
        return unwritten.isEmpty() && owned.values().stream().allMatch(partition -> partition.atWork() == 0);
    }

    // --- 1: to the workers ----------------------------------------------------------------------------------------

    private void dispatch(Iterable<ConsumerRecord<byte[], byte[]>> records) {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Delivery delivery = owned.get(new TopicPartition(record.topic(), record.partition())).accept(record);
            log.info("received {}, key {}", delivery.at(), record.key() == null ? "none" : key(record));
            workers.submit(orderOf(record), () -> done.add(delivery.with(process(delivery))));
        }
    }

    /** Records with an equal value here are handled one after the other. */
    private Object orderOf(ConsumerRecord<byte[], byte[]> record) {
        return ordering == Ordering.none || record.key() == null ? new Object() : key(record);
    }

    /**
     * Back-pressure: over the bound all partitions pause while polling goes on, so that the group knows we are alive.
     */
    private void setFlow() {
        boolean full = owned.values().stream().mapToInt(OwnedPartition::inFlight).sum() >= maxInFlight;
        Set<TopicPartition> pause = new HashSet<>();
        Set<TopicPartition> resume = new HashSet<>();
        Set<TopicPartition> paused = consumer.paused();
        owned.forEach((topicPartition, partition) -> {
            boolean hold = full || !partition.ledger().restored();
            if (hold != paused.contains(topicPartition)) {
                (hold ? pause : resume).add(topicPartition);
            }
        });
        consumer.pause(pause);
        consumer.resume(resume);
    }

    // --- 2 and 3: on a worker's thread ----------------------------------------------------------------------------

    private Result process(Delivery delivery) {
        Ledger ledger = delivery.partition().ledger();
        Order order = null;
        for (int attempt = 1; ; attempt++) {
            if (!delivery.partition().open()) {
                return new Abandoned();
            }
            try {
                order = read(delivery.record());
                switch (ledger.lookUp(order)) {                                                 // 2
                    case SAME -> {
                        return new Duplicate(order);
                    }
                    case OTHER_CONTENT -> throw new IdempotencyConflict(order.orderId());
                    case UNKNOWN -> handle(order, delivery, attempt);                           // 3
                }
                ledger.add(order);
                return new Processed(order, attempt);
            } catch (PermanentFailure e) {
                return new DeadLettered(order, e, attempt);
            } catch (InterruptedException e) {
                return new Abandoned();
            } catch (Exception e) {
                if (attempt >= maxAttempts) {
                    return new DeadLettered(order, e, attempt);
                }
                log.warn("order {} failed at attempt {} of {}, to be retried: {}",
                        order == null ? delivery.at() : order.orderId(), attempt, maxAttempts, e.getMessage());
                if (!pause(backoff.after(attempt))) {
                    return new Abandoned();
                }
            }
        }
    }

    private static Order read(ConsumerRecord<byte[], byte[]> record) throws PermanentFailure {
        try {
            Order order = Order.from(Json.MAPPER.readTree(record.value() == null ? new byte[0] : record.value()));
            if (record.key() == null || !key(record).equals(order.orderId())) {
                throw new InvalidOrder(List.of(new InvalidOrder.Problem("key of the record", "must be the order_id")));
            }
            return order;
        } catch (JsonProcessingException e) {
            throw new MalformedRecord("not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new MalformedRecord("not JSON: " + e.getMessage(), e);
        }
    }

    /**
     * The work itself, here a pause; this is the method to replace. Customers ending in f or r show the two ways to
     * fail.
     */
    private void handle(Order order, Delivery delivery, int attempt) throws Exception {
        workers.inSlot(() -> {
            log.info("processing order {} of customer {}: {}, attempt {}",
                    order.orderId(), order.customerId(), delivery.at(), attempt);
            Thread.sleep(workMs);
            if (!noFailures && order.customerId().endsWith("f")) {
                throw new OrderRejected("customer " + order.customerId() + " is refused (simulated: it ends in f)");
            }
            if (!noFailures && order.customerId().endsWith("r") && attempt < 3) {
                throw new TransientFailure("payment of " + order.customerId() + " timed out (simulated: it ends in r)");
            }
            return null;
        });
    }

    // --- 4: out through one door ----------------------------------------------------------------------------------

    private List<Delivery> takeDone(Duration wait) {
        List<Delivery> batch = new ArrayList<>();
        try {
            Delivery first = done.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
            if (first != null) {
                batch.add(first);
                done.drainTo(batch);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        batch.forEach(delivery -> delivery.partition().returned());
        return batch;
    }

    private void write(List<Delivery> results) {
        unwritten.addAll(results);
        unwritten.removeIf(delivery -> delivery.partition().gone() || delivery.result() instanceof Abandoned);
        if (unwritten.isEmpty() || System.nanoTime() < rewriteAt) {
            return;
        }
        if (noDlq) {
            unwritten.stream().filter(OrderConsumer::failed).findFirst().ifPresent(delivery -> stuck = delivery);
            unwritten.removeIf(OrderConsumer::failed);
        }
        List<Delivery> written = writer.write(unwritten);
        written.forEach(Delivery::finish);
        written.forEach(this::tell);
        unwritten.removeAll(new HashSet<>(written));
        if (!unwritten.isEmpty()) {
            rewriteAt = System.nanoTime() + REWRITE_PAUSE.toNanos();
        }
    }

    private static boolean failed(Delivery delivery) {
        return delivery.result() instanceof DeadLettered;
    }

    private void tell(Delivery delivery) {
        switch (delivery.result()) {
            case Processed(Order order, int attempts) -> log.info("processed order {}", order.orderId());
            case Duplicate(Order order) ->
                log.info("skipped order {} as a duplicate: {}", order.orderId(), delivery.at());
            case DeadLettered(Order order, Exception cause, int attempts) ->
                log.warn(
                        "sent {} to the DLQ after {} attempt{}: {}: {}",
                        delivery.at(),
                        attempts,
                        attempts == 1 ? "" : "s",
                        cause.getClass().getSimpleName(),
                        cause.getMessage());
            case Abandoned() -> {
            }
        }
    }

    // --- 5: the offsets -------------------------------------------------------------------------------------------

    private void commit(Collection<OwnedPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (OwnedPartition partition : partitions) {
            partition.toCommit().ifPresent(
                    offset -> offsets.put(partition.topicPartition(), new OffsetAndMetadata(offset)));
        }
        if (offsets.isEmpty() || autoCommit) {
            return;
        }
        try {
            consumer.commitSync(offsets, COMMIT_TIMEOUT);
            partitions.forEach(OwnedPartition::committed);
            offsets.forEach((partition, offset) -> log.info("committed {} up to {}", partition, offset.offset()));
        } catch (CommitFailedException | RebalanceInProgressException e) {
            log.warn(
                    "offsets not committed, the group is rebalancing: the next owner finds these orders in the ledger");
        } catch (RetriableException e) {
            log.warn("offsets not committed, will try again: {}", e.getMessage());
        }
    }

    // --- rebalance ------------------------------------------------------------------------------------------------

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        log.info("assigned {}", partitions);
        partitions.forEach(partition -> owned.put(partition, new OwnedPartition(partition, ledger(partition))));
        setFlow(); // paused until the ledger is restored
    }

    private Ledger ledger(TopicPartition partition) {
        return switch (dedup) {
            case ledger -> Ledger.restore(new TopicPartition(outcomesTopic, partition.partition()),
                    kafka.client(group + "-ledger-" + partition.partition()));
            case memory -> Ledger.inMemory(memory);
            case none -> Ledger.none();
        };
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        log.info("giving up {}", partitions);
        release(partitions);
    }

    /** Another consumer may have them already: whatever we would write now might be a second outcome. */
    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        log.warn("lost {}: what was being handled there is left to the next owner", partitions);
        partitions.stream().map(owned::remove).filter(Objects::nonNull).forEach(OwnedPartition::forget);
    }

    /**
     * Begins nothing more, finishes what has begun, writes, commits, forgets: the next owner has nothing to do twice.
     */
    private void release(Collection<TopicPartition> partitions) {
        List<OwnedPartition> leaving = partitions.stream().map(owned::get).filter(Objects::nonNull).toList();
        leaving.forEach(OwnedPartition::drain);
        long deadline = System.nanoTime() + Duration.ofMillis(drainTimeoutMs).toNanos();
        while (leaving.stream().anyMatch(partition -> partition.atWork() > 0) && System.nanoTime() < deadline) {
            write(takeDone(IDLE_POLL));
        }
        write(List.of());
        commit(leaving);
        leaving.forEach(OwnedPartition::forget);
        owned.keySet().removeAll(partitions);
    }

    // --- set-up ---------------------------------------------------------------------------------------------------

    private Properties consumerSettings() {
        Properties settings = kafka.client(group);
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, autoCommit); // it commits what was polled, not done
        settings.put(ConsumerConfig.AUTO_COMMIT_INTERVAL_MS_CONFIG, 500); // with it, let the loss show soon
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"); // a new group begins with what is there
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, sessionTimeoutMs); // 45 s is long to wait for the dead
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, sessionTimeoutMs / 5); // some may be late
        if (instanceId != null) {
            settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instanceId);
        }
        settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,             // who stays keeps its partitions
                CooperativeStickyAssignor.class.getName());
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class); // poison must not fail
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class); // inside of poll()
        return settings;
    }

    private void prepareTopics() {
        try (Admin admin = kafka.connect(group + "-admin", log)) {
            kafka.createMissing(admin, Topics.events(topic), Topics.deadLetters(dlqTopic));
            int partitions = kafka.partitions(admin, topic);
            kafka.createMissing(admin, Topics.outcomes(outcomesTopic, partitions));
            if (kafka.partitions(admin, outcomesTopic) < partitions) {
                throw new Failure(
                        "The ledger " + outcomesTopic + " has fewer partitions than " + topic + " (" + partitions
                                + "), and an order's outcome goes to the partition of its number: add partitions to"
                                + " it.");
            }
        }
    }

    private void check() {
        if (concurrency < 1 || maxAttempts < 1 || maxInFlight < 1 || workMs < 0 || retryBackoffMs < 0) {
            throw new Failure(
                    Script.USAGE,
                    "--concurrency, --max-attempts and --max-in-flight have to be 1 or more, times 0 or " + "more.",
                    null);
        }
    }

    private void warnOfWhatIsSwitchedOff() {
        warnIf(dedup == Dedup.none, "--dedup none processes every duplicate again");
        warnIf(dedup == Dedup.memory, "--dedup memory forgets every processed order at the next restart or rebalance");
        warnIf(autoCommit, "--auto-commit commits orders that are not finished: a crash loses them");
        warnIf(noDlq, "--no-dlq stops for good at the first record that cannot be processed");
        warnIf(
                ordering == Ordering.none,
                "--ordering none handles the records of one order in any order, even at once");
        warnIf(concurrency == 1, "--concurrency 1 lets one slow order hold up all the others");
    }

    private void warnIf(boolean condition, String what) {
        if (condition) {
            log.warn("UNSAFE: {}", what);
        }
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.key(), StandardCharsets.UTF_8);
    }

    private static boolean pause(Duration duration) {
        try {
            Thread.sleep(duration);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }
}
