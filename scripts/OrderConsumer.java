///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Processes orders once: manual commits, ledger, retries, dead letters: jbang OrderConsumer.java
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.3.1
//SOURCES orders/Assignment.java
//SOURCES orders/Backoff.java
//SOURCES orders/ConsumerOptions.java
//SOURCES orders/DeadLetter.java
//SOURCES orders/Delivery.java
//SOURCES orders/Digest.java
//SOURCES orders/FreezePoint.java
//SOURCES orders/IdempotencyConflict.java
//SOURCES orders/InvalidOrder.java
//SOURCES orders/Json.java
//SOURCES orders/KafkaOptions.java
//SOURCES orders/KeyedWorkers.java
//SOURCES orders/Ledger.java
//SOURCES orders/LedgerRestore.java
//SOURCES orders/LogFile.java
//SOURCES orders/LogOptions.java
//SOURCES orders/MalformedRecord.java
//SOURCES orders/ManualCommit.java
//SOURCES orders/OffsetQueue.java
//SOURCES orders/Order.java
//SOURCES orders/OrderRejected.java
//SOURCES orders/Outbound.java
//SOURCES orders/Outcome.java
//SOURCES orders/OutcomeCommit.java
//SOURCES orders/OwnedPartition.java
//SOURCES orders/PermanentFailure.java
//SOURCES orders/Printable.java
//SOURCES orders/Report.java
//SOURCES orders/Script.java
//SOURCES orders/TopicReader.java
//SOURCES orders/Topics.java
//SOURCES orders/TransactionalCommit.java
//SOURCES orders/TransientFailure.java
//SOURCES orders/Unwritten.java
//SOURCES orders/WorkTime.java
//COMPILE_OPTIONS --release 21

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import orders.Assignment;
import orders.Backoff;
import orders.ConsumerOptions;
import orders.Delivery;
import orders.Delivery.Abandoned;
import orders.Delivery.DeadLettered;
import orders.Delivery.Duplicate;
import orders.Delivery.Processed;
import orders.Delivery.Result;
import orders.Digest;
import orders.FreezePoint;
import orders.IdempotencyConflict;
import orders.InvalidOrder;
import orders.Json;
import orders.KafkaOptions;
import orders.KeyedWorkers;
import orders.Ledger;
import orders.LedgerRestore;
import orders.LogOptions;
import orders.MalformedRecord;
import orders.ManualCommit;
import orders.Order;
import orders.OrderRejected;
import orders.Outbound;
import orders.OutcomeCommit;
import orders.PermanentFailure;
import orders.Report;
import orders.Script;
import orders.Script.Failure;
import orders.TransactionalCommit;
import orders.TransientFailure;
import orders.WorkTime;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
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
 * "once". With {@code --commit transactional} 4 and 5 are one, and nothing can come between.
 */
@Command(name = "OrderConsumer", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Processes orders once, and dead-letters those that fail.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:stopped", "1:failed", "2:wrong options", "3:Kafka cannot be reached",
            "130, 143:ended by Ctrl-C or SIGTERM"})
public class OrderConsumer implements Callable<Integer>, ConsumerRebalanceListener {
    private static final Duration IDLE_POLL = Duration.ofMillis(100);
    private static final Duration BUSY_POLL = Duration.ofMillis(5); // results wait for the poll thread
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(10);

    enum Commit { manual, transactional }

    enum Dedup { ledger, memory, none }

    enum Ordering { key, none }

    @Mixin
    private KafkaOptions kafka;

    @Mixin
    private ConsumerOptions options;

    @Option(names = "--commit", defaultValue = "manual", paramLabel = "manual|transactional",
            description = "Write outcomes and then commit offsets, or both in one transaction "
                    + "(default: ${DEFAULT-VALUE}).")
    private Commit commitMode;

    @Option(names = "--concurrency", defaultValue = "100", paramLabel = "N",
            description = "How many orders to handle at a time (default: ${DEFAULT-VALUE}).")
    private int concurrency;

    @Option(names = "--max-attempts", defaultValue = "3", paramLabel = "N",
            description = "How often to try an order whose failure may pass (default: ${DEFAULT-VALUE}).")
    private int maxAttempts;

    @Option(names = "--retry-backoff-ms", defaultValue = "200", paramLabel = "MS",
            description = "Wait before the second attempt; doubles with each further one (default: ${DEFAULT-VALUE}).")
    private int retryBackoffMs;

    @Option(names = {"--handler-timeout", "--handler-timeout-ms"}, defaultValue = "30000", paramLabel = "MS",
            description = "After how long a handler counts as failed, in a way that may pass "
                    + "(default: ${DEFAULT-VALUE}).")
    private int handlerTimeoutMs;

    @Option(names = "--work-ms", defaultValue = "500", paramLabel = "MS|MIN-MAX", converter = WorkTime.Converter.class,
            description = "Simulated work for each order (default: ${DEFAULT-VALUE}).")
    private WorkTime work;

    @Option(names = "--no-failures",
            description = "Simulate no failures: the bug is fixed, and customers ending in f, r or h are served like "
                    + "any other.")
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

    @Option(names = "--freeze-at", paramLabel = "polled|handled|written|committed",
            description = "For tests: freeze the process (SIGSTOP) the first time it has got so far with any record, to "
                    + "be killed there, or thawed (SIGCONT).")
    private FreezePoint freezeAt;

    @Option(names = "--log-file", defaultValue = "kafka_app.log", paramLabel = "FILE",
            description = "Where to log beside the console (default: ${DEFAULT-VALUE}).")
    private Path logFile;

    @Mixin
    private LogOptions logging;

    private final LinkedBlockingQueue<Delivery> done = new LinkedBlockingQueue<>(); // bounded by what is in flight
    private volatile boolean stopping;
    private volatile Delivery stuck; // with --no-dlq: the record that cannot be processed
    private Logger log;
    private Report report;
    private Backoff backoff;
    private KeyedWorkers workers;
    private Outbound outbound;
    private Assignment assignment;
    private OutcomeCommit commit;

    public static void main(String... args) {
        System.exit(Script.run(new OrderConsumer(), args));
    }

    @Override
    public Integer call() throws Exception {
        log = logging.open(OrderConsumer.class, logFile);
        check();
        warnOfWhatIsSwitchedOff();
        FreezePoint.arm(freezeAt);
        backoff = new Backoff(Duration.ofMillis(retryBackoffMs), LONGEST_BACKOFF);
        outbound = new Outbound(options.outcomesTopic, options.dlqTopic, options.group);
        // A poll lasts 100 ms at most: a flag is enough to end the loop, where a wakeup() might break off a commit.
        try (var shutdown = new Script.Shutdown(() -> stopping = true);
                var workers = new KeyedWorkers(concurrency, Duration.ofMillis(handlerTimeoutMs));
                var report = new Report(Duration.ofMillis(options.figuresIntervalMs), options.json);
                var admin = kafka.connect(options.group + "-admin", log);
                var consumer = new KafkaConsumer<byte[], byte[]>(options.consumer(kafka, autoCommit));
                AutoCloseable inTime = () -> consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT))) { // not 30 s
            this.workers = workers;
            this.report = report;
            assignment = assignment(admin, consumer);
            commit = commit(consumer);
            consumer.subscribe(List.of(options.topic), this);
            while (!stopping && stuck == null) {
                assignment.setFlow();
                dispatch(consumer.poll(assignment.atWork() == 0 ? IDLE_POLL : BUSY_POLL));          // 1
                commit.commit(takeDone(Duration.ZERO));                                             // 4, 5
                report.look(assignment, consumer);
            }
            log.info("stopping: finishing what is being handled");
            release(assignment.partitions());
            commit.close();
            log.info("stopped");
        } catch (KafkaException e) {
            throw kafka.failure(e);
        }
        if (stuck != null) {
            throw new Failure(stuck + " cannot be processed and, with --no-dlq, has nowhere to go: every restart will "
                    + "meet it again. Run without --no-dlq.");
        }
        return Script.OK;
    }

    // --- 1: to the workers ----------------------------------------------------------------------------------------

    private void dispatch(ConsumerRecords<byte[], byte[]> records) {
        if (!records.isEmpty()) {
            FreezePoint.POLLED.reached();
        }
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Delivery delivery = assignment.accept(record);
            log.info("received {}, key {}", delivery, delivery.key());
            workers.submit(orderOf(delivery), () -> {
                Result result = process(delivery);
                done.add(delivery.with(result, outbound.of(record, result)));
            });
        }
    }

    /** Records with an equal value here are handled one after the other. */
    private Object orderOf(Delivery delivery) {
        return ordering == Ordering.none || delivery.key() == null ? delivery : delivery.key();
    }

    // --- 2 and 3: on a worker's thread ----------------------------------------------------------------------------

    private Result process(Delivery delivery) {
        Order order = null;
        for (int attempt = 1; delivery.partition().open(); attempt++) {
            try {
                order = read(delivery);
                Digest content = order.contentDigest();
                return switch (delivery.partition().ledger().lookUp(order, content)) {              // 2
                    case SAME -> new Duplicate(order);
                    case OTHER_CONTENT -> throw new IdempotencyConflict(order.orderId());
                    case UNKNOWN -> handled(order, content, delivery, attempt);                         // 3
                };
            } catch (PermanentFailure e) {
                return failed(delivery, new DeadLettered(order, e, attempt));
            } catch (InterruptedException e) {
                return new Abandoned();
            } catch (Exception e) {
                if (attempt >= maxAttempts) {
                    return failed(delivery, new DeadLettered(order, e, attempt));
                }
                log.warn("order {} failed at attempt {} of {}, to be retried: {}", delivery.key(), attempt, maxAttempts,
                        e.getMessage());
                report.retried();
                delivery.partition().pause(backoff.after(attempt));
            }
        }
        return new Abandoned(); // the partition leaves: its next owner will do it
    }

    private static Order read(Delivery delivery) throws PermanentFailure {
        try {
            byte[] value = delivery.record().value();
            Order order = Order.from(Json.MAPPER.readTree(value == null ? new byte[0] : value));
            if (!order.orderId().equals(delivery.key())) {
                throw new InvalidOrder(List.of(new InvalidOrder.Problem("key of the record", "must be the order_id")));
            }
            return order;
        } catch (JsonProcessingException e) {
            throw new MalformedRecord("not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new MalformedRecord("not JSON: " + e.getMessage(), e);
        }
    }

    private Processed handled(Order order, Digest content, Delivery delivery, int attempt) throws Exception {
        log.info("processing order {} of customer {}: {}, attempt {}", order.orderId(), order.customerId(), delivery,
                attempt);
        workers.handle(() -> handle(order, attempt), delivery);
        delivery.partition().ledger().add(order, content);
        return new Processed(order, content, attempt);
    }

    /**
     * The work itself, here a pause; this is the method to replace. Customers ending in f, r and h show three ways to
     * fail.
     */
    private void handle(Order order, int attempt) throws Exception {
        work.spend();
        if (!noFailures && order.customerId().endsWith("f")) {
            throw new OrderRejected("customer " + order.customerId() + " is refused (simulated: it ends in f)");
        }
        if (!noFailures && order.customerId().endsWith("r") && attempt < 3) {
            throw new TransientFailure("payment of " + order.customerId() + " timed out (simulated: it ends in r)");
        }
        if (!noFailures && order.customerId().endsWith("h") && attempt < 3) {
            new CountDownLatch(1).await(); // hangs
        }
    }

    private Result failed(Delivery delivery, DeadLettered result) {
        if (!noDlq) {
            return result;
        }
        stuck = delivery;
        return new Abandoned();
    }

    // --- 4 and 5: out through one door ----------------------------------------------------------------------------

    private List<Delivery> takeDone(Duration wait) {
        List<Delivery> results = new ArrayList<>();
        try {
            Delivery first = done.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
            if (first != null) {
                results.add(first);
                done.drainTo(results);
                FreezePoint.HANDLED.reached();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        results.forEach(delivery -> delivery.partition().returned());
        return results;
    }

    /** The two ways to commit; what they share and where they differ is in the two classes. */
    private OutcomeCommit commit(Consumer<byte[], byte[]> consumer) {
        boolean stop = options.onRefusal == ConsumerOptions.OnRefusal.stop;
        String name = UUID.randomUUID().toString();
        return switch (commitMode) {
            case manual -> new ManualCommit(OutcomeCommit.producer(kafka.client(options.group + "-writer")), consumer,
                    assignment, report, stop, !autoCommit);
            case transactional -> new TransactionalCommit(() -> OutcomeCommit.producer(
                    options.transactional(kafka.client(options.group + "-writer"), name)), consumer, assignment, report,
                    stop);
        };
    }

    // --- rebalance ------------------------------------------------------------------------------------------------

    private Assignment assignment(Admin admin, Consumer<byte[], byte[]> consumer) {
        long remembered = options.prepareTopics(kafka, admin, log);
        LedgerRestore restore = new LedgerRestore(admin, () -> kafka.client(options.group + "-ledger"), options.group,
                options.outcomesTopic, remembered, report);
        return new Assignment(consumer, partition -> switch (dedup) {
            case ledger -> restore.begin(partition);
            case memory -> Ledger.inMemory();
            case none -> Ledger.none();
        }, options.maxInFlight, options.maxInFlightBytes);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        log.info("assigned {}", partitions);
        assignment.add(partitions);
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
        assignment.forget(partitions);
    }

    /**
     * Begins nothing more, finishes what has begun, writes, commits, forgets: the next owner has nothing to do twice.
     */
    private void release(Collection<TopicPartition> partitions) {
        assignment.drain(partitions);
        long deadline = System.nanoTime() + Duration.ofMillis(options.drainTimeoutMs).toNanos();
        while (assignment.atWork(partitions) > 0 && System.nanoTime() < deadline) {
            commit.commit(takeDone(IDLE_POLL));
        }
        commit.finish();
        assignment.forget(partitions);
    }

    // --- set-up ---------------------------------------------------------------------------------------------------

    private void check() {
        options.check();
        if (concurrency < 1 || maxAttempts < 1 || retryBackoffMs < 0 || handlerTimeoutMs < 1) {
            throw new Failure(Script.USAGE, "--concurrency, --max-attempts and --handler-timeout have to be 1 or more, "
                    + "--retry-backoff-ms 0 or more.", null);
        }
        if (autoCommit && commitMode == Commit.transactional) {
            throw new Failure(Script.USAGE, "--auto-commit and --commit transactional exclude each other: choose one.",
                    null);
        }
    }

    private void warnOfWhatIsSwitchedOff() {
        warnIf(dedup == Dedup.none, "--dedup none processes every duplicate again");
        warnIf(dedup == Dedup.memory, "--dedup memory forgets every processed order at the next restart or rebalance");
        warnIf(autoCommit, "--auto-commit commits orders that are not finished: a crash loses them");
        warnIf(noDlq, "--no-dlq stops for good at the first record that cannot be processed");
        warnIf(ordering == Ordering.none, "--ordering none handles the records of one order in any order, even at once");
        warnIf(concurrency == 1, "--concurrency 1 lets one slow order hold up all the others");
    }

    private void warnIf(boolean condition, String what) {
        if (condition) {
            log.warn("UNSAFE: {}", what);
        }
    }
}
