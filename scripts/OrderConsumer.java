///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Processes orders once: manual commits, ledger, retries, dead letters: jbang OrderConsumer.java
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//SOURCES cli/package-info.java
//SOURCES cluster/package-info.java
//SOURCES consumer/package-info.java
//SOURCES ledger/package-info.java
//SOURCES messages/package-info.java
//SOURCES orders/package-info.java
//SOURCES work/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:+ExitOnOutOfMemoryError -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import cli.ExitCode;
import cli.Failure;
import cli.GuaranteeSwitches;
import cli.GuaranteeSwitches.Ordering;
import cli.HandlingOptions;
import cli.KafkaOptions;
import cli.LogOptions;
import cli.Script;
import consumer.Assignment;
import consumer.ConsumerOptions;
import consumer.Delivery;
import consumer.FreezePoint;
import consumer.Handled;
import consumer.ManualCommit;
import consumer.Outbound;
import consumer.OutcomeCommit;
import consumer.Report;
import consumer.TransactionalCommit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import ledger.Ledger;
import ledger.LedgerRestore;
import orders.SimulatedWork;
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
import work.Backoff;
import work.KeyedWorkers;
import work.Processing;
import work.Result;
import work.Result.Abandoned;
import work.Result.DeadLettered;

/**
 * What happens to an order when the consumer dies between processing it and committing its offset?
 *
 * <p>One platform thread polls and writes; virtual threads ({@link KeyedWorkers}, {@link Processing}) only compute. A
 * record goes this way:
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
        description = "Processes orders once, and dead-letters those that fail.")
public class OrderConsumer implements Callable<Integer>, ConsumerRebalanceListener {
    private static final Duration IDLE_POLL = Duration.ofMillis(100);
    private static final Duration BUSY_POLL = Duration.ofMillis(5); // results wait for the poll thread
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(10);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    @Mixin
    private KafkaOptions kafka;

    @Mixin
    private ConsumerOptions options;

    @Mixin
    private GuaranteeSwitches guarantees;

    @Mixin
    private HandlingOptions handling;

    @Mixin
    private SimulatedWork work;

    @Option(names = "--freeze-at", paramLabel = "polled|handled|written|committed",
            description = "For tests: freeze the process (SIGSTOP) the first time it has got so far with any record, "
                    + "to be killed there, or thawed (SIGCONT).")
    private FreezePoint freezeAt;

    @Option(names = "--log-file", defaultValue = "kafka_app.log", paramLabel = "FILE",
            description = "Where to log beside the console (default: ${DEFAULT-VALUE}).")
    private Path logFile;

    @Mixin
    private LogOptions logging;

    private final LinkedBlockingQueue<Handled> done = new LinkedBlockingQueue<>(); // bounded by what is in flight
    private volatile boolean stopping;
    private volatile Delivery stuck; // with --no-dlq: the record that cannot be processed
    private Logger log;
    private Report report;
    private Processing processing;
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
        handling.check();
        options.check();
        guarantees.check(log, handling.concurrency);
        FreezePoint.arm(freezeAt);
        outbound = new Outbound(options.outcomesTopic, options.dlqTopic, options.group);
        // A poll lasts 100 ms at most: a flag is enough to end the loop, where a wakeup() might break off a commit.
        try (var shutdown = new Script.Shutdown(() -> stopping = true);
                var workers = new KeyedWorkers(handling.concurrency, Duration.ofMillis(handling.handlerTimeoutMs));
                var report = new Report(log, Duration.ofMillis(options.figuresIntervalMs), options.json);
                var admin = kafka.connect(options.group + "-admin", log);
                var consumer = new KafkaConsumer<byte[], byte[]>(options.consumer(kafka, guarantees.autoCommit));
                AutoCloseable inTime = () -> consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT))) { // not 30 s
            this.workers = workers;
            this.report = report;
            processing = new Processing(workers, work::handle, handling.maxAttempts,
                    new Backoff(Duration.ofMillis(handling.retryBackoffMs), LONGEST_BACKOFF), log);
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
        return ExitCode.OK.code();
    }

    // --- 1: to the workers ----------------------------------------------------------------------------------------

    private void dispatch(ConsumerRecords<byte[], byte[]> records) {
        if (!records.isEmpty()) {
            FreezePoint.POLLED.reached();
        }
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Delivery delivery = assignment.accept(record);
            report.received(delivery);
            workers.submit(orderOf(delivery), () -> done.add(resultOf(delivery)));
        }
    }

    /** With {@code --no-dlq} a record that cannot be processed ends it all. */
    private Handled resultOf(Delivery delivery) {
        Result result = processing.process(delivery.record(), delivery.partition().ledger(), delivery.partition());
                                                     // 2, 3
        if (guarantees.noDlq && result instanceof DeadLettered) {
            stuck = delivery;
            result = new Abandoned();
        }
        return outbound.of(delivery, result);
    }

    /** Records with an equal value here are handled one after the other. */
    private Object orderOf(Delivery delivery) {
        return guarantees.ordering == Ordering.none || delivery.key() == null ? delivery : delivery.key();
    }

    // --- 4 and 5: out through one door ----------------------------------------------------------------------------

    private List<Handled> takeDone(Duration wait) {
        List<Handled> results = new ArrayList<>();
        try {
            Handled first = done.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
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
        return switch (guarantees.commit) {
            case manual -> new ManualCommit(OutcomeCommit.producer(kafka.client(options.group + "-writer")), consumer,
                    assignment, report, stop, !guarantees.autoCommit);
            case transactional -> new TransactionalCommit(() -> OutcomeCommit.producer(
                    options.transactional(kafka.client(options.group + "-writer"), name)), consumer, assignment, report,
                    stop);
        };
    }

    // --- rebalance ------------------------------------------------------------------------------------------------

    private Assignment assignment(Admin admin, Consumer<byte[], byte[]> consumer) {
        long remembered = options.prepareTopics(kafka, admin, log);
        LedgerRestore restore = new LedgerRestore(admin, () -> kafka.client(options.group + "-ledger"), options.group,
                options.outcomesTopic, remembered, report::restored);
        return new Assignment(consumer, partition -> switch (guarantees.dedup) {
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
}
