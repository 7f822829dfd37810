///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Lists, shows, counts and replays dead letters, whichever library wrote them: jbang DlqInspector.java list
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//SOURCES cli/package-info.java
//SOURCES cluster/package-info.java
//SOURCES dlq/package-info.java
//SOURCES families/package-info.java
//SOURCES messages/package-info.java
//SOURCES replay/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import cli.ExitCode;
import cli.FreezePoint;
import cli.ProgressBar;
import cli.Script;
import cluster.TopicAdmin;
import cluster.TopicReader;
import dlq.CountLetters;
import dlq.DlqCommand;
import dlq.ListLetters;
import dlq.OffsetRange;
import dlq.ShowLetter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import replay.AuditLog;
import replay.Decision;
import replay.Decision.Action;
import replay.LetterBatches;
import replay.LetterBatches.Batch;
import replay.Outgoing;
import replay.RateLimit;
import replay.ReplayOptions;
import replay.ReplayPlan;
import replay.ReplayProgress;
import replay.ReplayResult;
import replay.ReplaySettings;
import replay.Sending;
import replay.Sending.SendInTransaction;
import replay.Sending.SendThenCommit;
import replay.Sending.Sent;

/**
 * Why did a record fail, where did it come from, and how does it get another chance?
 *
 * <p>A replay takes five steps:
 *
 * <ol>
 *   <li>Read the dead-letter topic up to its present end, in batches, without joining a group.
 *   <li>Decide what to do with each dead letter, by its error headers: whichever library wrote them, they say where the
 *       record came from. A record that failed again after some replays goes to a quarantine topic, so that it does not
 *       circle.
 *   <li>Read the whole range once, and print what would be sent where. Without {@code --execute} the command ends here.
 *   <li>Read it again and send each record as it was before it failed, with the same key, value, headers and timestamp,
 *       without the error headers. Wait for the acknowledgement.
 *   <li>Only then commit how far the replay got. After a kill, the next run continues from there: it loses nothing, and
 *       sends at most one batch again. With {@code --exactly-once}, 4 and 5 are one transaction, and nothing is sent
 *       again.
 * </ol>
 *
 * The dead letters themselves stay in their topic. If a record arrives twice, the consumer has to recognise it; here,
 * its ledger does.
 */
@Command(name = "DlqInspector", mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(list | show | stats | replay)",
        description = "Lists, shows, counts and replays dead letters, whichever library wrote them.",
        footer = {"  ./jbang scripts/DlqInspector.java list",
                "  ./jbang scripts/DlqInspector.java show 0:0",
                "  ./jbang scripts/DlqInspector.java stats --topic my-topic-dlq",
                "  ./jbang scripts/DlqInspector.java replay --execute"},
        subcommands = {ListLetters.class, ShowLetter.class, CountLetters.class, DlqInspector.Replay.class})
public class DlqInspector implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    public static void main(String... args) {
        System.exit(Script.run(new DlqInspector(), args));
    }

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Say what to do: list, show, stats or replay.");
    }

    /** Sends dead letters back to where they came from. */
    @Command(name = "replay", mixinStandardHelpOptions = true, sortOptions = false,
            description = "Sends dead letters back to where they came from. Without --execute it only prints what it "
                    + "would do. Its progress is kept in a consumer group: the next run continues from there. After "
                    + "a kill, up to " + Replay.BATCH + " may be sent a second time; with --exactly-once, none.",
        footer = {"  ./jbang scripts/DlqInspector.java replay",
                "  ./jbang scripts/DlqInspector.java replay --execute --exactly-once"})
    static class Replay extends DlqCommand {
        private static final int BATCH = 500;

        @Mixin
        private ReplayOptions options;

        private ReplayProgress progress;
        private KafkaConsumer<byte[], byte[]> consumer;
        private Producer<byte[], byte[]> producer; // null unless it sends
        private ReplayResult result; // null unless it sends

        @Override
        protected Integer run(Admin admin) throws Exception {
            options.complete(topic);
            progress = new ReplayProgress(topic, options);
            consumer = new KafkaConsumer<>(ReplaySettings.consumer(TopicReader.settings(readingClient(),
                    isolationLevel), progress.group(), options.atOnce(BATCH)));
            try (var stop = new Stop(); AutoCloseable inTime = this::close) {
                producer = options.execute() ? producer() : null;
                OffsetRange range = progress.open(consumer);
                ReplayPlan plan = plan(range, stop);
                if (stop.asked()) {
                    out().println("stopped; nothing was sent");
                    return ExitCode.OK.code();
                }
                plan.print(out(), topic, options, progress);                                    // 3: print
                if (options.execute()) {
                    plan.prepareTopics(kafka.topics(admin), options.rules());
                    execute(plan, range, stop, kafka.topics(admin));
                }
            }
            return ExitCode.OK.code();
        }

        private Producer<byte[], byte[]> producer() {
            if (!options.exactlyOnce()) {
                return new KafkaProducer<>(ReplaySettings.producer(client(), timeout()));
            }
            // all runs with this progress share its id: a later one aborts what an earlier one left open
            Producer<byte[], byte[]> transactional = new KafkaProducer<>(
                    ReplaySettings.transactional(client(), timeout(), progress.group()));
            transactional.initTransactions();
            return transactional;
        }

        /** By default a consumer waits 30 s for a broker that is gone, and a producer waits for ever. */
        private void close() {
            consumer.close(CloseOptions.timeout(TopicReader.CLOSE));
            if (producer != null) {
                producer.close(timeout());
            }
        }

        // --- what would be done: 1 to 3 ---

        private ReplayPlan plan(OffsetRange range, Stop stop) {
            ReplayPlan plan = new ReplayPlan();
            LetterBatches batches = new LetterBatches(consumer, range, options, timeout(), stop::asked);
            try (ProgressBar bar = new ProgressBar("reading", range.size())) {
                while (batches.hasNext()) {
                    Batch batch = batches.next();                                               // 1: read, 2: decide
                    batch.decisions().forEach(plan::add);
                    batch.decisions().forEach(options::tryEdits); // a wrong edit is reported before any is sent
                    bar.at(range.upTo(batch.end()).size());
                }
            }
            return plan;
        }

        // --- doing it: 1, 2, 4 and 5 ---

        private void execute(ReplayPlan plan, OffsetRange range, Stop stop, TopicAdmin topics) throws Exception {
            RateLimit rate = new RateLimit(options.rate());
            Sending way = options.exactlyOnce() ? new SendInTransaction(producer, rate)
                    : new SendThenCommit(producer, rate);
            result = new ReplayResult(new AuditLog(options.audit()));
            try (AutoCloseable audit = result; ProgressBar bar = new ProgressBar("replaying", plan.toSend());
                    TopicReader originals = options.rules().fetchOriginal() ? reader() : null) {
                deliver(way, List.of(), range.from()); // fails now if a right is missing; renews old progress
                LetterBatches batches = new LetterBatches(consumer, range, options, timeout(), stop::asked);
                while (batches.hasNext()) {
                    Batch batch = batches.next();                                               // 1: read, 2: decide
                    deliver(way, toSend(batch, originals, topics), batch.end());
                    bar.at(result.total());
                }
            } catch (RuntimeException e) {
                result.gone().ifPresent(out()::println);
                throw e;
            }
            result.print(out(), plan, progress);
            if (stop.asked()) {
                out().println("stopped; run it again to go on");
            }
            result.check();
        }

        /** Returns what to send of a batch, and adds the rest to the result. */
        private List<Outgoing> toSend(Batch batch, TopicReader originals, TopicAdmin topics) {
            List<Outgoing> toSend = new ArrayList<>();
            for (Decision decision : batch.decisions()) {
                Outgoing one = options.outgoing(decision, letter -> original(originals, letter));
                if (one.decision().sends()) {
                    toSend.add(one);
                } else {
                    result.addUnsent(one);
                }
            }
            if (toSend.stream().anyMatch(one -> one.decision().action() == Action.QUARANTINED)) {
                topics.createMissing(options.rules().quarantineTopic(), AclOperation.WRITE);
            }
            return toSend;
        }

        private void deliver(Sending way, List<Outgoing> batch, Map<TopicPartition, Long> end) {
            switch (way) {
                case SendThenCommit acknowledged -> sendThenCommit(acknowledged, batch, end);
                case SendInTransaction whole -> sendAndCommit(whole, batch, end);
            }
        }

        /** One after the other: a replay that is killed between the two sends the batch once more. */
        private void sendThenCommit(SendThenCommit way, List<Outgoing> batch, Map<TopicPartition, Long> end) {
            Sent sent = way.send(batch, end);                                                   // 4: send, wait
            result.add(sent.written());
            FreezePoint.SENT.reachedWith(sent.written());
            try {
                consumer.commitSync(progress.at(sent.position()));                              // 5: commit
            } finally {
                sent.check(); // a refused record explains more than the commit that fails after it
            }
        }

        /** Both in one transaction: a read_committed consumer sees a batch if and only if its progress is committed. */
        private void sendAndCommit(SendInTransaction way, List<Outgoing> batch, Map<TopicPartition, Long> end) {
            Sent sent = way.orRefusal(batch, () -> {
                producer.beginTransaction();
                Sent whole = way.send(batch, end);                                              // 4: send, wait
                producer.sendOffsetsToTransaction(progress.at(whole.position()), consumer.groupMetadata());
                FreezePoint.SENT.reachedWith(batch);
                producer.commitTransaction();                                                   // 5: commit
                return whole;
            });
            result.add(sent.written());
            sent.check();
        }
    }
}
