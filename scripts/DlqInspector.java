///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Lists, shows, counts and replays dead letters, whoever wrote them: jbang DlqInspector.java list
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//SOURCES cli/package-info.java
//SOURCES cluster/package-info.java
//SOURCES dlq/package-info.java
//SOURCES messages/package-info.java
//SOURCES orders/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import cli.ExitCode;
import cli.Failure;
import cli.ProgressBar;
import cli.Script;
import cluster.TopicReader;
import dlq.Audit;
import dlq.CountLetters;
import dlq.Letter;
import dlq.LetterFilter;
import dlq.ListLetters;
import dlq.OnTopic;
import dlq.Pace;
import dlq.ReplayPlan;
import dlq.ReplayPlan.Action;
import dlq.ReplayProgress;
import dlq.ReplayResult;
import dlq.ReplayRules;
import dlq.ReplayRules.Outgoing;
import dlq.ShowLetter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import messages.DeadLetter;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Why did a record fail, where did it come from, and how does it get another chance?
 *
 * <ol>
 *   <li>Read the dead-letter topic up to its present end, without joining a group and without changing anything.
 *   <li>Take origin, cause and attempts out of the error headers, whoever wrote them: Kafka's share groups and this
 *       project's OrderConsumer (KIP-1191), Spring Kafka, Kafka Connect, Kafka Streams, SmallRye.
 *   <li>Replay. First say what would be sent where. Then send key, value, own headers and timestamp to where they came
 *       from, the error headers left off, and wait for the acknowledgement.
 *   <li>Only then commit how far it got. Who is killed and started again loses nothing, and sends again what was not
 *       committed: one batch at most, or, in one transaction with the progress ({@code --exactly-once}), nothing.
 *   <li>Count the replays of a record; after some it goes to a quarantine topic, and does not circle.
 * </ol>
 *
 * The dead letters themselves stay as they are. That a record which comes twice counts once is the consumer's doing;
 * here, its ledger's.
 */
@Command(name = "DlqInspector", mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(list | show | stats | replay)",
        description = "Lists, shows, counts and replays dead letters, whoever wrote them.",
        subcommands = {ListLetters.class, ShowLetter.class, CountLetters.class, DlqInspector.Replay.class})
public class DlqInspector implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);

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
            description = "Sends dead letters back to where they came from. Without --execute it only says what it "
                    + "would do. How far it got is kept under a group: when it is run again, it goes on from there. "
                    + "After a kill up to 500 may be sent a second time; with --exactly-once, none.")
    static class Replay extends OnTopic {
        private static final int BATCH = 500;

        @Mixin
        private LetterFilter filter;

        @Mixin
        private ReplayRules rules;

        @Option(names = "--dlq-partition", paramLabel = "P", description = "Only those in this partition.")
        private void partition(int partition) {
            filter.onlyPartition(partition);
        }

        @Option(names = "--limit", paramLabel = "N", description = "Only the first N that can be sent, and were not.")
        private Integer limit;

        @ArgGroup(multiplicity = "0..1")
        private Mode mode = new Mode();

        static class Mode {
            @Option(names = "--dry-run", description = "Only say what would be sent (the default).")
            private boolean dryRun;

            @Option(names = "--execute", description = "Send.")
            private boolean execute;
        }

        @Option(names = "--rate", paramLabel = "N", description = "Send at most N a second.")
        private Integer rate;

        @Option(names = "--exactly-once",
                description = "Send each batch in one transaction with the progress: for consumers that "
                        + "read_committed, nothing comes twice.")
        private boolean exactlyOnce;

        @Option(names = "--group", paramLabel = "GROUP",
                description = "Where the progress is kept (default: a name made of topic, filter, --to and "
                        + "--fetch-original). Kafka forgets it some time after the last run with --execute: "
                        + "offsets.retention.minutes, which is 7 days by default. One run at a time: two would send "
                        + "twice; with --exactly-once the later one ends the earlier.")
        private String group;

        @Option(names = "--from-beginning",
                description = "Replay also what was replayed before. The progress is not taken back.")
        private boolean fromBeginning;

        @Option(names = "--audit", paramLabel = "FILE",
                description = "Add a line of JSON to this file for each dead letter that was sent, skipped or gone.")
        private Path audit;

        private final ReplayResult result = new ReplayResult();
        private ReplayProgress progress;
        private Admin admin;
        private KafkaConsumer<byte[], byte[]> consumer;
        private Producer<byte[], byte[]> producer; // null unless it sends
        private Pace pace;
        private Audit trail;
        private boolean quarantineIsThere;

        @Override
        protected Integer run(Admin admin) throws Exception {
            checkOptions();
            rules.complete(topic);
            progress = new ReplayProgress(group, topic, filter + "\n" + rules);
            pace = new Pace(rate);
            this.admin = admin;
            consumer = consumer();
            try (var stop = new Stop(); AutoCloseable inTime = this::close) {
                producer = mode.execute ? producer() : null;
                replay(stop);
            }
            return ExitCode.OK.code();
        }

        /** By themselves they would wait for a broker that is gone: one for 30 s, the other for ever. */
        private void close() {
            consumer.close(CloseOptions.timeout(TopicReader.CLOSE));
            if (producer != null) {
                producer.close(timeout());
            }
        }

        private void replay(Stop stop) throws IOException {
            Map<TopicPartition, Long> from = start();
            Map<TopicPartition, Long> ends = consumer.endOffsets(from.keySet());
            ReplayPlan plan = plan(from, ends, stop);
            if (stop.asked()) {
                out().println("stopped; nothing was sent");
                return;
            }
            say(plan, from);
            if (mode.execute) {
                prepareTopics(plan);
                out().flush();
                begin(from);
                execute(from, ends, plan, stop);
            }
        }

        private void checkOptions() {
            String wrong = limit != null && limit < 1 || rate != null && rate < 1
                    ? "--limit and --rate have to be 1 or more."
                    : filter.until() != null && filter.until().ago() ? "--until " + filter.until() + " is another time "
                            + "at each run, and what is too new now would be passed over for good: give a time, such "
                            + "as 2026-01-31T12:00:00Z."
                    : null;
            if (wrong != null) {
                throw new Failure(ExitCode.USAGE, wrong);
            }
        }

        private KafkaConsumer<byte[], byte[]> consumer() {
            Properties settings = kafka.client("dlq-inspector");
            settings.put(ConsumerConfig.GROUP_ID_CONFIG, progress.group()); // to commit; it never joins
            settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false); // only what was acknowledged is committed
            settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false); // to look is not to create
            settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolationLevel);
            settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"); // what retention took is passed over
            settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) timeout().toMillis());
            settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
            settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, TopicReader.FETCH_WAIT_MS);
            settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, rate == null ? BATCH : Math.min(BATCH, rate));
            settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
            settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
            return new KafkaConsumer<>(settings);
        }

        private Producer<byte[], byte[]> producer() {
            Properties settings = kafka.client("dlq-inspector");
            settings.put(ProducerConfig.ACKS_CONFIG, "all"); // "replayed" is said of what is safe
            settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true); // its own retries send nothing twice
            settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1); // a batch that is too large is split
            // and sent again: were one behind it accepted meanwhile, it would be refused for good (as KAFKA-15591)
            settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeout().toMillis());
            settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) timeout().toMillis());
            settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) timeout().toMillis() / 2); // room for a retry
            settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.MAX_VALUE); // the broker's limit counts
            settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            if (exactlyOnce) {
                settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, progress.group()); // ends what was left open
            }
            KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings);
            if (exactlyOnce) {
                producer.initTransactions();
            }
            return producer;
        }

        /** From where on to read. */
        private Map<TopicPartition, Long> start() {
            consumer.assign(filter.partitions(consumer.partitionsFor(topic).stream()
                    .map(p -> new TopicPartition(topic, p.partition())).toList()));
            try {
                return progress.start(consumer, fromBeginning);
            } catch (GroupAuthorizationException e) {
                if (mode.execute) {
                    throw e;
                }
                out().println("what was replayed already is not known: this user may not see the group "
                        + progress.group());
                return consumer.beginningOffsets(consumer.assignment());
            }
        }

        // --- what would be done ---

        private ReplayPlan plan(Map<TopicPartition, Long> from, Map<TopicPartition, Long> ends, Stop stop) {
            ReplayPlan plan = new ReplayPlan();
            try (ProgressBar bar = new ProgressBar("looking", distance(from, ends))) {
                batches(from, ends, stop, batch -> {
                    for (Letter letter : batch) {
                        Action action = rules.action(letter);
                        plan.add(letter, action, rules.target(letter), rules.partition(letter));
                        if (action == Action.REPLAYED && letter.copied()) {
                            rules.edited(letter, letter.record().value()); // who cannot be is told before one is sent
                        }
                    }
                    bar.at(distance(from, position(ends)));
                });
            }
            return plan;
        }

        private void say(ReplayPlan plan, Map<TopicPartition, Long> from) {
            plan.print(out(), mode.execute ? "replaying" : "would replay", topic, rules.quarantine(),
                    rules.maxReplays());
            if (distance(consumer.beginningOffsets(from.keySet()), from) > 0) {
                out().println("  those before were replayed already (--from-beginning takes them again)");
            }
            if (!mode.execute) {
                out().println("nothing was sent; --execute sends");
            }
        }

        private void prepareTopics(ReplayPlan plan) {
            plan.targets().forEach(target -> kafka.topics(admin).require(target, AclOperation.WRITE));
            plan.highestPartitions().forEach((target, highest) -> {
                if (kafka.topics(admin).partitions(target) <= highest) {
                    throw new Failure("Some came from partition " + highest + ", which " + target
                            + " does not have: take --partition key.");
                }
            });
            if (plan.count(Action.QUARANTINED) > 0) {
                prepareQuarantine();
            }
        }

        private void prepareQuarantine() {
            if (!quarantineIsThere) {
                kafka.topics(admin).createMissing(DeadLetter.topic(rules.quarantine()), AclOperation.WRITE);
                quarantineIsThere = true;
            }
        }

        // --- doing it ---

        /** Who may not commit is told now, and who was overtaken by another run; and old progress stays alive. */
        private void begin(Map<TopicPartition, Long> from) {
            if (exactlyOnce) {
                producer.beginTransaction();
                producer.sendOffsetsToTransaction(progress.at(from), consumer.groupMetadata());
                producer.commitTransaction();
            } else {
                consumer.commitSync(progress.at(from));
            }
        }

        private void execute(Map<TopicPartition, Long> from, Map<TopicPartition, Long> ends, ReplayPlan plan, Stop stop)
                throws IOException {
            boolean through = false;
            try (ProgressBar bar = new ProgressBar("replaying", plan.toSend()); Audit file = new Audit(audit);
                    TopicReader originals = rules.fetchOriginal() ? reader() : null) {
                trail = file;
                batches(from, ends, stop, batch -> {
                    List<Outgoing> outgoing = outgoing(batch, originals);
                    Failure failed = exactlyOnce ? transact(outgoing, position(ends)) : send(outgoing, position(ends));
                    if (failed != null) {
                        throw failed;
                    }
                    bar.at(result.total());
                });
                through = true;
            } finally {
                if (!through) {
                    result.gone().ifPresent(out()::println);
                }
            }
            say(plan, stop);
        }

        /** Makes of a batch what is to be sent, and notes what is not. */
        private List<Outgoing> outgoing(List<Letter> batch, TopicReader originals) {
            List<Outgoing> outgoing = new ArrayList<>();
            for (Letter letter : batch) {
                Outgoing one = rules.outgoing(letter, dead -> original(originals, dead));               // 5
                switch (one.action()) {
                    case REPLAYED -> outgoing.add(one);
                    case QUARANTINED -> {
                        prepareQuarantine();
                        outgoing.add(one);
                    }
                    case GONE, SKIPPED -> {
                        result.add(one);
                        note(one, null);
                    }
                    default -> result.add(one);
                }
            }
            return outgoing;
        }

        /** Sends and waits; once Kafka is gone, each of the others would take its time to find that out. */
        private List<Future<RecordMetadata>> sendAll(List<Outgoing> batch) {
            List<Future<RecordMetadata>> futures = new ArrayList<>();
            Throwable away = null;
            for (Outgoing one : batch) {
                if (away != null) {
                    futures.add(CompletableFuture.failedFuture(away));
                    continue;
                }
                pace.await();
                Future<RecordMetadata> future = producer.send(one.record());                            // 3
                futures.add(future);
                if (failure(future) instanceof RetriableException gone) {
                    away = gone;
                }
            }
            producer.flush();
            return futures;
        }

        /** Sends a batch, waits for it, and commits; what follows a failure in its partition is not committed. */
        private Failure send(List<Outgoing> batch, Map<TopicPartition, Long> position) {
            List<Future<RecordMetadata>> futures = sendAll(batch);
            Outgoing refused = null;
            Throwable why = null;
            boolean behind = false;
            Set<TopicPartition> held = new HashSet<>();
            for (int i = 0; i < batch.size(); i++) {
                Outgoing one = batch.get(i);
                TopicPartition partition = new TopicPartition(topic, one.letter().record().partition());
                Future<RecordMetadata> future = futures.get(i);
                Throwable failure = failure(future);
                if (failure != null && !(failure instanceof RetriableException) && refused == null) {
                    future = producer.send(one.record()); // what went with one that is refused is refused with it
                    producer.flush();
                    failure = failure(future);
                }
                if (failure == null) {
                    note(one, future.resultNow());
                    result.add(one);
                    behind |= held.contains(partition);
                } else {
                    why = refused == null ? failure : why;
                    refused = refused == null ? one : refused;
                    if (held.add(partition)) {
                        position.put(partition, one.letter().record().offset());
                    }
                }
            }
            Failure failed = refused == null ? null : refused(refused, why, behind);
            try {
                consumer.commitSync(progress.at(position));                                             // 4
            } catch (KafkaException e) {
                throw failed == null ? e : failed; // the first thing that went wrong says more
            }
            return failed;
        }

        /** Sends a batch in one transaction with the progress. */
        private Failure transact(List<Outgoing> batch, Map<TopicPartition, Long> position) {
            List<Future<RecordMetadata>> futures;
            try {
                producer.beginTransaction();
                futures = sendAll(batch);
                producer.sendOffsetsToTransaction(progress.at(position), consumer.groupMetadata());     // 4
                producer.commitTransaction();
            } catch (TimeoutException | InterruptException e) {
                throw e; // whether it was committed is not known, and shows when it is run again
            } catch (KafkaException e) {
                return culprit(batch, e.getCause() instanceof KafkaException known ? known : e);
            }
            for (int i = 0; i < batch.size(); i++) {
                note(batch.get(i), futures.get(i).resultNow());
                result.add(batch.get(i));
            }
            return null;
        }

        /**
         * Finds the record for which a transaction failed. The client gives its error also to what it had not sent yet,
         * so who it was shows only when one is sent after the other; in a transaction that nobody will see.
         */
        private Failure culprit(List<Outgoing> batch, KafkaException cause) {
            if (cause instanceof RetriableException) {
                throw cause; // Kafka is away; to close the producer aborts, or Kafka does when it is back
            }
            Outgoing refused = null;
            Throwable why = null;
            try {
                producer.abortTransaction();
                producer.beginTransaction();
                for (Outgoing one : batch) {
                    Future<RecordMetadata> future = producer.send(one.record());
                    producer.flush();
                    why = failure(future);
                    if (why != null) {
                        refused = one;
                        break;
                    }
                }
                producer.abortTransaction();
            } catch (KafkaException | IllegalStateException e) {
                cause.addSuppressed(e); // it was not for a record: this producer may not go on
            }
            if (refused == null) {
                throw cause;
            }
            return refused(refused, why, false);
        }

        /** Why a send that has ended failed; null if it did not. */
        private static Throwable failure(Future<RecordMetadata> ended) {
            return ended.state() == Future.State.FAILED ? ended.exceptionNow() : null;
        }

        private static Failure refused(Outgoing one, Throwable why, boolean behind) {
            String place = one.letter().at();
            boolean forGood = !(why instanceof RetriableException);
            return new Failure(why instanceof TimeoutException ? ExitCode.NO_BROKER : ExitCode.FAILED, place
                    + " was not replayed (" + why.getMessage() + "): run it again to go on from there"
                    + (forGood ? ", or leave it out with --skip " + place : "")
                    + (behind ? "; those behind it in its batch were sent, and will be sent again." : "."), why);
        }

        private void note(Outgoing one, RecordMetadata to) {
            trail.note(one.action().name().toLowerCase(), one.letter(), to,
                    one.replays() + (one.action() == Action.REPLAYED ? 1 : 0));
        }

        private void say(ReplayPlan plan, Stop stop) {
            long quarantined = result.count(Action.QUARANTINED);
            if (plan.toSend() > 0) {
                out().println("replayed " + result.count(Action.REPLAYED) + " of " + plan.count(Action.REPLAYED)
                        + (quarantined == 0 ? "" : ", quarantined " + quarantined) + "; the progress is in group "
                        + progress.group());
            }
            if (stop.asked()) {
                out().println("stopped; run it again to go on");
            }
            result.left().ifPresent(left -> {
                throw new Failure(left);
            });
        }

        /** Hands over what is between two offsets, as far as it is asked for, in the batches that are polled. */
        private void batches(Map<TopicPartition, Long> from, Map<TopicPartition, Long> ends, Stop stop, Batches sink) {
            long left = limit == null ? Long.MAX_VALUE : limit;
            consumer.assign(from.keySet());
            from.forEach(consumer::seek);
            TopicReader.Patience patience = new TopicReader.Patience(timeout());
            while (left > 0 && !stop.asked() && distance(position(ends), ends) > 0) {
                patience.check(consumer);
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);                          // 1
                List<Letter> batch = new ArrayList<>();
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    TopicPartition partition = new TopicPartition(topic, record.partition());
                    Letter letter = Letter.of(record);                                                  // 2
                    if (record.offset() < ends.get(partition) && filter.test(letter)) {
                        if (left == 0) {
                            consumer.seek(partition, Math.min(consumer.position(partition), record.offset()));
                        } else {
                            batch.add(letter);
                            left -= rules.action(letter).sends() ? 1 : 0;
                        }
                    }
                }
                if (!records.isEmpty()) {
                    sink.take(batch);
                }
            }
        }

        private interface Batches {
            void take(List<Letter> batch);
        }

        /** How far it was read, up to the ends. */
        private Map<TopicPartition, Long> position(Map<TopicPartition, Long> ends) {
            return ends.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey,
                    end -> Math.min(end.getValue(), consumer.position(end.getKey()))));
        }
    }
}
