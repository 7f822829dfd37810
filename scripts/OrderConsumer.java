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
//SOURCES metrics/package-info.java
//SOURCES orders/package-info.java
//SOURCES work/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:+ExitOnOutOfMemoryError -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import cli.ClientSettings;
import cli.ConsumerOptions;
import cli.ExitCode;
import cli.Failure;
import cli.FreezePoint;
import cli.GuaranteeSwitches;
import cli.HandlingOptions;
import cli.KafkaOptions;
import cli.LogFileOptions;
import cli.Printable;
import cli.Script;
import consumer.Assignment;
import consumer.CommitPolicy;
import consumer.Figures;
import consumer.Handled;
import consumer.OutcomeRecords;
import consumer.OutcomeWriter;
import consumer.PendingWrites;
import consumer.Positions;
import consumer.Report;
import consumer.RetryLater;
import consumer.TransactionRecovery;
import consumer.Workers;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import ledger.Ledger;
import ledger.LedgerRestore;
import ledger.LedgerTopic;
import messages.DeadLetter;
import metrics.Metrics;
import metrics.MetricsOptions;
import orders.Order;
import orders.OrderReader;
import orders.OutcomeJson;
import orders.SimulatedWork;
import orders.TopicOptions;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import work.Processing;

/**
 * What happens to an order when the consumer dies between processing it and committing its offset?
 *
 * <ol>
 *   <li>Poll the record, and queue it behind the earlier records of its key.
 *   <li>Look the order up in the ledger: if it was processed, by any consumer at any time, it is a duplicate.
 *   <li>Handle it; a failure that may pass is retried with backoff, one that will not pass is not.
 *   <li>Write its outcome, or its dead letter, and wait for the acknowledgement.
 *   <li>Commit the offset up to the first record that is not finished, and never beyond.
 * </ol>
 *
 * If the consumer dies before 4, nothing is written, and the order comes again. If it dies between 4 and 5, the order
 * comes again, too, and the next consumer finds it in the ledger at 2. Kafka delivers "at least once"; the ledger makes
 * that "once", as far as outcomes go: what 3 does outside of Kafka happens at least once, see {@link work.Handler}.
 * With {@code --commit transactional}, 4 and 5 are one transaction.
 *
 * <pre>
 * thread            runs
 * main              1, 4, 5 and the callbacks of a rebalance: all that uses consumer and producer
 * workers, virtual  2, 3: each takes a Delivery and returns a Handled
 * ledger-*          reads a partition's ledger back, while the partition is paused
 * watch             interrupts handlers that hang, or whose partition left (figures, metrics: print, answer)
 * shutdown          on Ctrl-C: asks the main thread to stop, and waits for it
 * </pre>
 */
@Command(name = "OrderConsumer", footer = "  ./jbang scripts/OrderConsumer.java --group audit --from latest",
        mixinStandardHelpOptions = true, description = "Processes orders once, and dead-letters those that fail.")
public class OrderConsumer implements Callable<Integer> {
    private static final Duration IDLE_POLL = Duration.ofMillis(100);
    private static final Duration BUSY_POLL = Duration.ofMillis(5); // results wait for the poll thread
    private static final Duration TIMEOUT = Duration.ofSeconds(5); // to close a client
    private static final Duration COMMIT = Duration.ofSeconds(2); // then it is tried again, after a poll

    @Mixin private KafkaOptions kafka;
    @Mixin private TopicOptions topics;
    @Mixin private ConsumerOptions options;
    @Mixin private GuaranteeSwitches guarantees;
    @Mixin private HandlingOptions handling;
    @Mixin private SimulatedWork work;
    @Mixin private MetricsOptions measuring;
    @Mixin private LogFileOptions logging;

    private final OutcomeJson format = new OutcomeJson(Printable::of);
    private volatile boolean stopping;
    private Handled stuck; // with --no-dlq: the record that cannot be processed
    private Logger log;
    private Report report;
    private Metrics metrics;
    private Consumer<byte[], byte[]> consumer;
    private Assignment assignment;
    private Workers<Order> workers;
    private PendingWrites pending;
    private OutcomeWriter writer;
    private CommitPolicy policy;

    public static void main(String... args) {
        System.exit(Script.run(new OrderConsumer(), args));
    }

    @Override
    public Integer call() throws Exception {
        log = logging.open(OrderConsumer.class);
        report = new Report("order", log);
        options.check();
        guarantees.check(log, handling);
        // A poll lasts 100 ms at most, so that a flag is enough to end the loop; a wakeup() could interrupt a commit.
        try (var shutdown = new Script.Shutdown(() -> stopping = true, options.stopTimeout());
                var processing = new Processing<>("order", new OrderReader(), work::handle, new Processing.Limits(
                        handling.concurrency, handling.handlerTimeoutMs, handling.maxAttempts, handling.retryBackoffMs,
                        handling.breakerShare, handling.breakerWindow, guarantees.skipConflicts()),
                        report::retried, log);
                var figures = new Figures(report, processing::outages,
                        Duration.ofMillis(options.figuresIntervalMs), options.json);
                var metrics = this.metrics = measuring.open(report, figures, processing::outages,
                        options.stopTimeout());
                var admin = kafka.connect(topics.group + "-admin", log);
                AutoCloseable adminAtOnce = () -> admin.close(Duration.ZERO); // not when all is answered
                var consumer = this.consumer = metrics.of(new KafkaConsumer<>(consumerSettings()));
                AutoCloseable inTime = () -> consumer.close(CloseOptions.timeout(TIMEOUT)); // not 30 s
                var policy = prepare(admin, processing, figures)) {
            consumer.subscribe(List.of(topics.events), assignment.onRebalance(this::release));
            while (!stopping && stuck == null) {
                turn(figures);
            }
            log.info("stopping: finishing what is being handled");
            assignment.hold();
            assignment.drain(assignment.partitions());
            long deadline = System.nanoTime() + Duration.ofMillis(options.drainTimeoutMs).toNanos();
            while (!isFinished() && System.nanoTime() < deadline) {
                turn(figures); // a rebalance refuses commits until the next poll
            }
            policy.finish(pending.all());
            assignment.forget(assignment.partitions()); // the callback at the consumer's close then finds nothing to do
            log.info("stopped");
        } catch (KafkaException e) {
            throw kafka.failure(e);
        }
        if (stuck != null) {
            throw new Failure(stuck + " cannot be processed, and --no-dlq allows no dead letter: every restart will "
                    + "stop at it again. Run without --no-dlq.");
        }
        return ExitCode.OK.code();
    }

    private void turn(Figures figures) {
        for (var record : assignment.poll(assignment.atWork() == 0 ? IDLE_POLL : BUSY_POLL)) {          // 1
            FreezePoint.POLLED.reached();
            assignment.accept(record).ifPresent(workers::submit);                                       // 2, 3
        }
        takeHandled(Duration.ZERO);
        pending.batch(assignment.atWork() == 0).ifPresent(policy::commit);                              // 4, 5
        pending.probe().ifPresent(policy::commit); // what Kafka refused, once more
        figures.look(assignment::snapshot);
    }

    private boolean isFinished() {
        return assignment.isDrained(assignment.partitions()) && pending.all().isEmpty()
                && assignment.finishedOffsets().isEmpty();
    }

    /** Takes what the workers return. With {@code --no-dlq} a record that failed for good stays unfinished. */
    private void takeHandled(Duration wait) {
        for (Handled handled : workers.take(wait)) {
            FreezePoint.HANDLED.reached();
            assignment.returned(handled);
            if (!guarantees.noDlq || handled.deadLetter() == null) {
                pending.add(handled);
            } else if (stuck == null) {
                stuck = handled;
            }
        }
    }

    // --- 4, 5: two ways to write and commit; the policy calls one of them, and handles its failures -----------------

    /**
     * One after the other. If the consumer dies between the two, the orders are delivered again and found in the
     * ledger. It does not stop a zombie: a consumer that was frozen before 4 and continues after its partitions moved.
     */
    private void writeThenCommit(Producer<byte[], byte[]> producer, List<Handled> batch) {
        List<Handled> written = writer.write(producer, batch);                                          // 4
        pending.written(written);
        FreezePoint.WRITTEN.reachedWith(written);
        var offsets = assignment.finishedOffsets();
        if (guarantees.autoCommit) {
            assignment.removeBefore(offsets);
        } else if (!offsets.isEmpty()) {
            consumer.commitSync(offsets, COMMIT);                                                      // 5
            assignment.committed(offsets);
            FreezePoint.COMMITTED.reached();
        }
    }

    /**
     * Both in one transaction. The broker rejects a zombie's offsets (KIP-447), so that none of its writes become
     * visible. For this, each transaction has offsets of all partitions that its outcomes come from.
     */
    private void writeAndCommit(Producer<byte[], byte[]> producer, List<Handled> batch) {
        var offsets = assignment.offsetsAfter(batch);
        producer.beginTransaction();
        writer.send(producer, batch);                                                                   // 4
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());                           // 5
        FreezePoint.WRITTEN.reachedWith(batch);
        producer.commitTransaction();
        pending.written(batch);
        assignment.committed(offsets);
        FreezePoint.COMMITTED.reached();
    }

    // --- rebalance ------------------------------------------------------------------------------------------------

    /** Starts nothing new, finishes what has begun, writes, commits, forgets: the next owner has nothing to redo. */
    private void release(Collection<TopicPartition> partitions) {
        assignment.drain(partitions);
        long deadline = System.nanoTime() + Duration.ofMillis(options.drainTimeoutMs).toNanos();
        writer.lastChance(deadline);
        while (!assignment.isDrained(partitions) && System.nanoTime() < deadline) {
            takeHandled(IDLE_POLL);
            pending.batch(assignment.atWork() == 0).ifPresent(policy::finish);
        }
        policy.finish(pending.all());
        assignment.forget(partitions);
    }

    // --- how the parts are put together ---------------------------------------------------------------------------

    private CommitPolicy prepare(Admin admin, Processing<Order> processing, Figures figures) {
        guarantees.checkCluster(kafka.cluster(), admin, log);
        LedgerTopic ledger = LedgerTopic.prepare(kafka.topics(admin), topics.eventsTopic(), topics.outcomes,
                Duration.ofDays(options.replayHorizonDays), log);
        kafka.topics(admin).createMissing(DeadLetter.topic(topics.deadLetters)); // without WRITE, dead letters wait
        var positions = new Positions(consumer, admin, topics.events, options.from, options.stopAtGap(),
                options.skipCorrupt, report);
        assignment = new Assignment(consumer, positions, switch (guarantees.dedup) {
            case ledger -> new LedgerRestore(kafka.client(topics.group + "-ledger"), topics.group, ledger, format,
                    metrics.timed(figures::restored))::begin;
            case memory -> partition -> Ledger.inMemory();
            case none -> partition -> Ledger.none();
        }, options.maxInFlight, options.maxInFlightBytes, report);
        workers = new Workers<>(processing, new OutcomeRecords<>(topics.outcomes, topics.deadLetters, topics.group,
                format, ClientSettings.largestRecord(writerSettings(0))), guarantees.keyOrder());
        pending = new PendingWrites(guarantees.linger(), options.stopAtRefusal(), report);
        writer = new OutcomeWriter(pending, FreezePoint.DEAD_LETTERED::reached);
        options.takeOver(kafka.cluster(), admin, topics.group, log); // a member that a crash left in the group
        return policy = metrics.timed(switch (guarantees.commit) {
            case manual -> new RetryLater(newWriter(0), this::writeThenCommit);
            case transactional -> new TransactionRecovery(this::newWriter, consumer, assignment, writer, pending,
                    this::writeAndCommit, () -> stopping);
        });
    }

    private Properties consumerSettings() {
        return ClientSettings.consumer(kafka.client(topics.group), topics.group, options, guarantees);
    }

    /** @param number of the transactional id: 0 for this consumer's own, any other for a new one */
    private Properties writerSettings(int number) {
        return ClientSettings.writer(kafka.client(topics.group + "-writer"), topics.group, options, guarantees,
                DeadLetter.LARGEST, number);
    }

    private Producer<byte[], byte[]> newWriter(int number) {
        return metrics.of(new KafkaProducer<>(writerSettings(number)));
    }
}
