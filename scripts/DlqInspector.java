///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Lists, shows, counts and replays dead letters, whoever wrote them: jbang DlqInspector.java list
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.3.1
//SOURCES dlq/Audit.java
//SOURCES dlq/CountLetters.java
//SOURCES dlq/Death.java
//SOURCES dlq/Edit.java
//SOURCES dlq/ErrorHeaders.java
//SOURCES dlq/Letter.java
//SOURCES dlq/LetterFilter.java
//SOURCES dlq/LetterPrinter.java
//SOURCES dlq/ListLetters.java
//SOURCES dlq/Moment.java
//SOURCES dlq/OnTopic.java
//SOURCES dlq/Pace.java
//SOURCES dlq/ReplayPlan.java
//SOURCES dlq/ShowLetter.java
//SOURCES dlq/Tally.java
//SOURCES orders/DeadLetter.java
//SOURCES orders/Json.java
//SOURCES orders/KafkaOptions.java
//SOURCES orders/LogFile.java
//SOURCES orders/LogOptions.java
//SOURCES orders/Printable.java
//SOURCES orders/ProgressBar.java
//SOURCES orders/Script.java
//SOURCES orders/TopicReader.java
//SOURCES orders/Topics.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import dlq.Audit;
import dlq.CountLetters;
import dlq.Death;
import dlq.Edit;
import dlq.ErrorHeaders;
import dlq.Letter;
import dlq.LetterFilter;
import dlq.ListLetters;
import dlq.OnTopic;
import dlq.Pace;
import dlq.ReplayPlan;
import dlq.ReplayPlan.Action;
import dlq.ShowLetter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import orders.DeadLetter;
import orders.Printable;
import orders.ProgressBar;
import orders.Script;
import orders.Script.Failure;
import orders.Topics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
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
        subcommands = {ListLetters.class, ShowLetter.class, CountLetters.class, DlqInspector.Replay.class},
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:failed, or no such dead letter, or not all were replayed", "2:wrong options",
            "3:Kafka cannot be reached", "130, 143:ended by Ctrl-C or SIGTERM"})
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

        @Option(names = "--dlq-partition", paramLabel = "P", description = "Only those in this partition.")
        private void partition(int partition) {
            filter.onlyPartition(partition);
        }

        @Option(names = "--limit", paramLabel = "N", description = "Only the first N that were not replayed yet.")
        private Integer limit;

        @ArgGroup(multiplicity = "0..1")
        private Mode mode = new Mode();

        static class Mode {
            @Option(names = "--dry-run", description = "Only say what would be sent (the default).")
            private boolean dryRun;

            @Option(names = "--execute", description = "Send.")
            private boolean execute;
        }

        @Option(names = "--to", paramLabel = "TOPIC", description = "Send all to this topic, not to their origins.")
        private String to;

        @Option(names = "--partition", defaultValue = "key", paramLabel = "key|original",
                description = "Which partition to send to: the key's, or that of the origin "
                        + "(default: ${DEFAULT-VALUE}).")
        private Placement placement;

        enum Placement { key, original }

        @Option(names = "--set", paramLabel = "POINTER=VALUE", converter = Edit.Converter.class,
                description = "Put a value into the JSON: /customer_id=customer123 (JSON pointer, RFC 6901).")
        private List<Edit> edits = List.of();

        @Option(names = "--strip-header", paramLabel = "NAME",
                description = "Leave off this header of the record's own.")
        private Set<String> stripped = Set.of();

        @Option(names = "--keep-error-headers", description = "Leave the error headers on.")
        private boolean keepErrorHeaders;

        @Option(names = "--new-timestamp",
                description = "Send with the time of now: what is older than the topic's retention would soon be gone.")
        private boolean newTimestamp;

        @Option(names = "--fetch-original",
                description = "Where key and value were not copied, take them from where the record came from.")
        private boolean fetchOriginal;

        @Option(names = "--max-replays", defaultValue = "3", paramLabel = "N",
                description = "Whoever was replayed so often and died again goes to the quarantine topic "
                        + "(default: ${DEFAULT-VALUE}).")
        private int maxReplays;

        @Option(names = "--quarantine-topic", paramLabel = "TOPIC",
                description = "The quarantine topic (default: the dead-letter topic's name and -quarantine).")
        private String quarantine;

        @Option(names = "--rate", paramLabel = "N", description = "Send at most N a second.")
        private Integer rate;

        @Option(names = "--exactly-once",
                description = "Send each batch in one transaction with the progress: for consumers that "
                        + "read_committed, nothing comes twice.")
        private boolean exactlyOnce;

        @Option(names = "--group", paramLabel = "GROUP",
                description = "Where the progress is kept (default: a name made of topic, filter and --to).")
        private String group;

        @Option(names = "--from-beginning", description = "Replay also what was replayed before.")
        private boolean fromBeginning;

        @Option(names = "--audit", paramLabel = "FILE",
                description = "Add a line of JSON to this file for each dead letter that was sent.")
        private Path audit;

        @Override
        protected Integer run(Admin admin) throws Exception {
            if (limit != null && limit < 1 || rate != null && rate < 1 || maxReplays < 0 || topic.equals(to)) {
                throw new Failure(Script.USAGE, topic.equals(to) ? "--to " + to + " is the dead-letter topic itself."
                        : "--limit and --rate have to be 1 or more, --max-replays 0 or more.", null);
            }
            quarantine = quarantine == null ? topic + "-quarantine" : quarantine;
            group = group == null ? "dlq-inspector." + topic + "." + digest(filter + "\n" + to + "\n" + fetchOriginal)
                    : group;
            try (var stop = new Stop(); KafkaConsumer<byte[], byte[]> consumer = consumer();
                    Producer<byte[], byte[]> producer = mode.execute ? producer() : null) {
                Map<TopicPartition, Long> from = progress(consumer);
                Map<TopicPartition, Long> ends = consumer.endOffsets(from.keySet());
                ReplayPlan plan = plan(consumer, from, ends, stop);
                say(plan, progressed(consumer, from));
                if (mode.execute && plan.toSend() > 0 && !stop.asked()) {
                    prepareTopics(admin, plan);
                    out().flush();
                    execute(consumer, producer, from, ends, plan, stop);
                }
            }
            return Script.OK;
        }

        private static String digest(String text) {
            return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)).toString().substring(0, 8);
        }

        private KafkaConsumer<byte[], byte[]> consumer() {
            Properties settings = kafka.client("dlq-inspector");
            settings.put(ConsumerConfig.GROUP_ID_CONFIG, group); // to commit under; it assigns, and never joins
            settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false); // only what was acknowledged is committed
            settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false); // to look is not to create
            settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolationLevel);
            settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"); // what retention took is passed over
            settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
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
            settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.MAX_VALUE); // the broker's limit counts
            settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            if (exactlyOnce) {
                settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, group); // ends what a killed run left open
            }
            KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings);
            if (exactlyOnce) {
                producer.initTransactions();
            }
            return producer;
        }

        /** From where on to read: what was committed, and the beginning where nothing was. */
        private Map<TopicPartition, Long> progress(KafkaConsumer<byte[], byte[]> consumer) {
            List<TopicPartition> partitions = filter.partitions(consumer.partitionsFor(topic).stream()
                    .map(p -> new TopicPartition(topic, p.partition())).toList());
            consumer.assign(partitions);
            Map<TopicPartition, Long> from = new HashMap<>(consumer.beginningOffsets(partitions));
            try {
                if (!fromBeginning) {
                    consumer.committed(Set.copyOf(partitions)).forEach((partition, committed) -> {
                        if (committed != null) {
                            from.merge(partition, committed.offset(), Math::max);
                        }
                    });
                }
            } catch (GroupAuthorizationException e) {
                if (mode.execute) {
                    throw e;
                }
                out().println("what was replayed already is not known: this user may not see the group " + group);
            }
            return from;
        }

        // --- what would be done ---

        private ReplayPlan plan(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> from,
                Map<TopicPartition, Long> ends, Stop stop) {
            ReplayPlan plan = new ReplayPlan();
            try (ProgressBar progress = new ProgressBar("looking", distance(from, ends))) {
                batches(consumer, from, ends, stop, batch -> {
                    for (Letter letter : batch) {
                        Action action = action(letter);
                        plan.add(letter, action, target(letter), partition(letter));
                        if (action == Action.REPLAYED && letter.copied()) {
                            edited(letter, letter.record().value());
                        }
                    }
                    progress.at(distance(from, position(consumer, ends)));
                });
            }
            return plan;
        }

        private static boolean progressed(KafkaConsumer<?, ?> consumer, Map<TopicPartition, Long> from) {
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(from.keySet());
            return from.entrySet().stream().anyMatch(at -> at.getValue() > begins.get(at.getKey()));
        }

        private void say(ReplayPlan plan, boolean progressed) {
            plan.print(out(), mode.execute ? "replaying" : "would replay", topic, quarantine, maxReplays);
            if (progressed) {
                out().println("  those before were replayed already (--from-beginning takes them again)");
            }
            if (!mode.execute) {
                out().println("nothing was sent; --execute sends");
            }
        }

        private Action action(Letter letter) {
            if (letter.replays() >= maxReplays) {
                return Action.QUARANTINED;
            }
            return target(letter) == null ? Action.NO_ORIGIN
                    : letter.copied() || fetchOriginal ? Action.REPLAYED : Action.NOT_COPIED;
        }

        private String target(Letter letter) {
            return to != null ? to : letter.origin().map(Death::topic).orElse(null);
        }

        private void prepareTopics(Admin admin, ReplayPlan plan) {
            plan.targets().forEach(target -> kafka.require(admin, target, AclOperation.WRITE));
            plan.partitionsNeeded().forEach((target, needed) -> {
                if (kafka.partitions(admin, target) < needed) {
                    throw new Failure("Some came from partition " + (needed - 1) + ", which " + target
                            + " does not have: take --partition key.");
                }
            });
            if (plan.count(Action.QUARANTINED) > 0) {
                kafka.createMissing(admin, Topics.deadLetters(quarantine), AclOperation.WRITE);
            }
        }

        // --- doing it ---

        private record Sent(Letter letter, Action action, Future<RecordMetadata> acknowledged) {
        }

        private void execute(KafkaConsumer<byte[], byte[]> consumer, Producer<byte[], byte[]> producer,
                Map<TopicPartition, Long> from, Map<TopicPartition, Long> ends, ReplayPlan plan, Stop stop)
                throws IOException {
            Pace pace = new Pace(rate);
            Map<Action, Long> done = new HashMap<>();
            List<String> gone = new ArrayList<>();
            try (ProgressBar progress = new ProgressBar("replaying", plan.toSend()); Audit trail = new Audit(audit)) {
                batches(consumer, from, ends, stop, batch -> {
                    Map<Letter, ProducerRecord<byte[], byte[]>> outgoing = new LinkedHashMap<>();
                    for (Letter letter : batch) {
                        switch (action(letter)) {
                            case QUARANTINED -> outgoing.put(letter, quarantined(letter));
                            case REPLAYED -> again(letter).ifPresentOrElse(record -> outgoing.put(letter, record),
                                    () -> gone.add(letter.at()));
                            case NO_ORIGIN, NOT_COPIED -> { }
                        }
                    }
                    if (exactlyOnce) {
                        producer.beginTransaction();
                    }
                    List<Sent> sent = new ArrayList<>();
                    outgoing.forEach((letter, record) -> {
                        pace.await();
                        sent.add(new Sent(letter, action(letter), producer.send(record)));              // 3
                    });
                    producer.flush();
                    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                    position(consumer, ends).forEach((p, offset) -> offsets.put(p, new OffsetAndMetadata(offset)));
                    Failure failed = acknowledged(sent, offsets, trail, done);
                    if (!exactlyOnce) {
                        consumer.commitSync(offsets);                                                   // 4
                    } else if (failed == null) {
                        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                        producer.commitTransaction();
                    } else {
                        producer.abortTransaction();
                    }
                    if (failed != null) {
                        throw failed;
                    }
                    progress.at(done.values().stream().mapToLong(n -> n).sum());
                });
            }
            say(done, plan, gone, stop);
        }

        /** Waits for what was sent; what follows a failure in its partition is not to be committed. */
        private Failure acknowledged(List<Sent> sent, Map<TopicPartition, OffsetAndMetadata> offsets, Audit trail,
                Map<Action, Long> done) {
            Failure failed = null;
            Set<TopicPartition> held = new HashSet<>();
            for (Sent one : sent) {
                TopicPartition partition = new TopicPartition(topic, one.letter.record().partition());
                try {
                    RecordMetadata at = one.acknowledged.get();
                    trail.note(one.action.name().toLowerCase(), one.letter, at, replays(one));
                    done.merge(one.action, 1L, Long::sum);
                } catch (ExecutionException e) {
                    failed = failed != null ? failed : new Failure(one.letter.at() + " was not replayed ("
                            + e.getCause().getMessage() + "): it is where it was; run it again to go on from there.");
                    if (held.add(partition)) {
                        offsets.put(partition, new OffsetAndMetadata(one.letter.record().offset()));
                    }
                } catch (InterruptedException e) {
                    throw new InterruptException(e);
                }
            }
            trail.flush();
            return failed;
        }

        private static int replays(Sent sent) {
            return sent.letter.replays() + (sent.action == Action.REPLAYED ? 1 : 0);
        }

        private void say(Map<Action, Long> done, ReplayPlan plan, List<String> gone, Stop stop) {
            long replayed = done.getOrDefault(Action.REPLAYED, 0L);
            long quarantined = done.getOrDefault(Action.QUARANTINED, 0L);
            out().println("replayed " + replayed + " of " + plan.count(Action.REPLAYED)
                    + (quarantined == 0 ? "" : ", quarantined " + quarantined) + "; the progress is in group " + group);
            if (stop.asked()) {
                out().println("stopped; run it again to go on");
            }
            if (!gone.isEmpty()) {
                throw new Failure(gone.size() + " could not be replayed, as their originals are gone: "
                        + gone.stream().limit(10).collect(Collectors.joining(", ")) + ".");
            }
        }

        /** Hands over what is between two offsets, as far as it is asked for, in the batches that are polled. */
        private void batches(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> from,
                Map<TopicPartition, Long> ends, Stop stop, Batches sink) {
            long left = limit == null ? Long.MAX_VALUE : limit;
            consumer.assign(from.keySet());
            from.forEach(consumer::seek);
            while (left > 0 && !stop.asked() && distance(position(consumer, ends), ends) > 0) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                List<Letter> batch = new ArrayList<>();
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    TopicPartition partition = new TopicPartition(topic, record.partition());
                    Letter letter = Letter.of(record);
                    if (record.offset() < ends.get(partition) && filter.test(letter)) {
                        if (left == 0) {
                            consumer.seek(partition, Math.min(consumer.position(partition), record.offset()));
                        } else {
                            batch.add(letter);
                            left--;
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
        private static Map<TopicPartition, Long> position(KafkaConsumer<?, ?> consumer,
                Map<TopicPartition, Long> ends) {
            return ends.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey,
                    end -> Math.min(end.getValue(), consumer.position(end.getKey()))));
        }

        // --- what is sent ---

        /** The record as it was before it died, and how often it was replayed; none if it is not to be had any more. */
        private Optional<ProducerRecord<byte[], byte[]>> again(Letter letter) {
            ConsumerRecord<byte[], byte[]> record = letter.record();
            Instant told = ErrorHeaders.originalTimestamp(record);
            if (!letter.copied()) {
                record = original(letter).orElse(null);
                if (record == null) {
                    return Optional.empty();
                }
                told = Instant.ofEpochMilli(record.timestamp());
            }
            Instant timestamp = told == null ? Instant.ofEpochMilli(record.timestamp()) : told;
            return Optional.of(new ProducerRecord<>(target(letter), partition(letter),
                    newTimestamp ? null : timestamp.toEpochMilli(), record.key(), edited(letter, record.value()),
                    headers(letter, record.headers())));
        }

        private Integer partition(Letter letter) {
            return placement == Placement.key ? null : letter.origin().map(Death::partition).orElse(null);
        }

        private byte[] edited(Letter letter, byte[] value) {
            byte[] edited = value;
            for (Edit edit : edits) {
                try {
                    edited = edit.applyTo(edited);
                } catch (Failure e) {
                    throw new Failure(letter.at() + " cannot be edited, " + e.getMessage()
                            + ": take other dead letters, or another --set.");
                }
            }
            return edited;
        }

        private Headers headers(Letter letter, Headers all) {
            Headers headers = new RecordHeaders();
            for (Header header : all) {
                if (!header.key().equals(DeadLetter.REPLAYS) && !stripped.contains(header.key())
                        && (keepErrorHeaders || !ErrorHeaders.isErrorHeader(header.key()))) {
                    headers.add(header);
                }
            }
            return headers.add(DeadLetter.REPLAYS, String.valueOf(letter.replays() + 1)                 // 5
                    .getBytes(StandardCharsets.UTF_8));
        }

        private ProducerRecord<byte[], byte[]> quarantined(Letter letter) {
            return new ProducerRecord<>(quarantine, null, letter.record().key(), letter.record().value(),
                    letter.record().headers());
        }
    }
}
