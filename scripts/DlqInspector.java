///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Lists, shows and replays the dead letters of the order system: jbang DlqInspector.java list
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.3.1
//SOURCES orders/DeadLetter.java
//SOURCES orders/Json.java
//SOURCES orders/KafkaOptions.java
//SOURCES orders/LogFile.java
//SOURCES orders/LogOptions.java
//SOURCES orders/Printable.java
//SOURCES orders/Script.java
//SOURCES orders/TopicReader.java
//SOURCES orders/Topics.java
//COMPILE_OPTIONS --release 21

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import orders.DeadLetter;
import orders.Json;
import orders.KafkaOptions;
import orders.LogOptions;
import orders.Printable;
import orders.Script;
import orders.Script.Failure;
import orders.TopicReader;
import orders.Topics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Why did a record fail, where did it come from, and how does it get another chance?
 *
 * <ol>
 *   <li>Read the dead-letter topic up to its present end, without joining a group and without changing anything.
 *   <li>Take origin, cause and attempts out of the error headers (KIP-1191).
 *   <li>Replay: send key, value and own headers to the topic they came from, the error headers left off. The dead
 *       letter itself stays; that a replay counts once is the consumer's ledger's doing.
 * </ol>
 */
@Command(name = "DlqInspector", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "(list | show | replay)",
        description = "Lists, shows and replays dead letters.",
        subcommands = {DlqInspector.ListThem.class, DlqInspector.Show.class, DlqInspector.Replay.class},
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:failed, or no such dead letter", "2:wrong options", "3:Kafka cannot be reached"})
public class DlqInspector implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    public static void main(String... args) {
        System.exit(Script.run(new DlqInspector(), args));
    }

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Say what to do: list, show or replay.");
    }

    /** What all subcommands share: which topic, in which Kafka. */
    abstract static class OnTopic implements Callable<Integer> {
        @Mixin
        KafkaOptions kafka;

        @Option(names = "--topic", defaultValue = Topics.DLQ, paramLabel = "TOPIC",
                description = "The dead-letter topic (default: ${DEFAULT-VALUE}).")
        String topic;

        @Mixin
        LogOptions logging;

        @Spec
        CommandSpec spec;

        Admin admin;

        @Override
        public final Integer call() {
            try (Admin admin = kafka.connect("dlq-inspector", logging.open(DlqInspector.class, null))) {
                this.admin = admin;
                kafka.require(admin, topic, AclOperation.READ);
                return run();
            } catch (KafkaException e) {
                throw kafka.failure(e);
            } finally {
                out().flush();
            }
        }

        abstract Integer run();

        List<ConsumerRecord<byte[], byte[]>> deadLetters() {                                    // 1
            List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
            try (TopicReader reader = new TopicReader(kafka.client("dlq-inspector-reader"))) {
                reader.readAll(reader.partitions(topic), () -> false, all::add);
            }
            return all;
        }

        PrintWriter out() {
            return spec.commandLine().getOut();
        }

        String styled(String markup) {
            return spec.commandLine().getColorScheme().ansi().string(markup);
        }
    }

    /** One line for each dead letter, or one JSON object. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "One line for each dead letter.")
    static class ListThem extends OnTopic {
        enum Format { table, jsonl }

        @Option(names = "--format", defaultValue = "table", paramLabel = "table|jsonl",
                description = "For people, or one JSON object a line (default: ${DEFAULT-VALUE}).")
        private Format format;

        @Override
        Integer run() {
            List<ConsumerRecord<byte[], byte[]>> letters = deadLetters();
            if (format == Format.jsonl) {
                letters.forEach(
                        letter -> out().println(new String(Json.bytes(described(letter)), StandardCharsets.UTF_8)));
                return Script.OK;
            }
            if (!letters.isEmpty()) {
                out().println(styled(String.format("@|bold %-8s %-22s %-8s %-36s %-20s %s|@",
                        "AT", "FROM", "ATTEMPTS", "KEY", "EXCEPTION", "MESSAGE")));
            }
            for (ConsumerRecord<byte[], byte[]> letter : letters) {
                out().println(String.format("%-8s %-22s %-8s %-36s %-20s %s", at(letter), Printable.of(origin(letter)),
                        error(letter, DeadLetter.DELIVERY_COUNT), Printable.of(text(letter.key())),
                        Printable.of(simpleName(letter)), error(letter, DeadLetter.MESSAGE)));
            }
            out().println(letters.size() + (letters.size() == 1 ? " dead letter" : " dead letters") + " in " + topic);
            return Script.OK;
        }
    }

    /** Everything of one dead letter. */
    @Command(name = "show", mixinStandardHelpOptions = true, description = "Everything of one dead letter.")
    static class Show extends OnTopic {
        private static final Pattern PLACE = Pattern.compile("(\\d{1,9}):(\\d{1,18})");

        @Parameters(paramLabel = "PARTITION:OFFSET", description = "Which one, as 'list' names it.")
        private String place;

        @Override
        Integer run() {
            Matcher matcher = PLACE.matcher(place);
            if (!matcher.matches()) {
                throw new Failure(
                        Script.USAGE, place + " is no place in a topic: give PARTITION:OFFSET, such as 0:3.", null);
            }
            TopicPartition partition = new TopicPartition(topic, Integer.parseInt(matcher.group(1)));
            long offset = Long.parseLong(matcher.group(2));
            List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
            try (TopicReader reader = new TopicReader(kafka.client("dlq-inspector-reader"))) {
                if (reader.partitions(topic).contains(partition)) {
                    reader.read(Map.of(partition, offset), () -> !found.isEmpty(), found::add);
                }
            }
            if (found.isEmpty() || found.getFirst().offset() != offset) {
                throw new Failure("There is no record at " + place + " in " + topic + ": 'list' says what there is.");
            }
            print(found.getFirst());
            return Script.OK;
        }

        private void print(ConsumerRecord<byte[], byte[]> letter) {
            line("dead letter", topic + " " + at(letter) + ", " + Instant.ofEpochMilli(letter.timestamp()));
            line("from", origin(letter));
            line("key", text(letter.key()));
            for (Header header : letter.headers()) {
                if (!header.key().equals(DeadLetter.STACKTRACE)) {
                    line(header.key(), text(header.value()));
                }
            }
            String stackTrace = DeadLetter.text(letter.headers(), DeadLetter.STACKTRACE);
            if (stackTrace != null) {
                line(DeadLetter.STACKTRACE, "");
                stackTrace.lines().forEach(frame -> out().println("    " + Printable.whole(frame.strip())));
            }
            line("value", "");
            out().println(pretty(letter.value()).lines().map(Printable::whole).collect(Collectors.joining("\n")));
        }

        private void line(String name, String value) {
            out().println(styled("@|bold " + Printable.of(name).replace("|@", "") + "|@")
                    + (value.isEmpty() ? "" : "  " + Printable.whole(value)));
        }

        private static String pretty(byte[] value) {
            try {
                return Json.read(value).toPrettyString();
            } catch (JsonProcessingException | IllegalArgumentException e) {
                return text(value);
            }
        }
    }

    /** Sends the dead letters back to where they came from. */
    @Command(
            name = "replay",
            mixinStandardHelpOptions = true,
            description = "Sends dead letters back to where they came from.")
    static class Replay extends OnTopic {
        @ArgGroup(multiplicity = "0..1")
        private Mode mode = new Mode();

        static class Mode {
            @Option(names = "--dry-run", description = "Only say what would be sent (the default).")
            private boolean dryRun;

            @Option(names = "--execute", description = "Send.")
            private boolean execute;
        }

        @Override
        Integer run() {
            Map<String, List<ConsumerRecord<byte[], byte[]>>> byTarget = new TreeMap<>();
            int homeless = 0;
            for (ConsumerRecord<byte[], byte[]> letter : deadLetters()) {
                String target = DeadLetter.text(letter.headers(), DeadLetter.TOPIC);                // 2
                if (target == null) {
                    homeless++;
                } else {
                    byTarget.computeIfAbsent(target, t -> new ArrayList<>()).add(letter);
                }
            }
            if (homeless > 0) {
                out().println(homeless + " without the header " + DeadLetter.TOPIC + ": left where they are");
            }
            if (byTarget.isEmpty()) {
                out().println("nothing to replay in " + topic);
            }
            byTarget.forEach((target, letters) -> out().println((mode.execute ? "replaying " : "would replay ")
                    + letters.size() + " to " + Printable.of(target) + ": " + Printable.of(reasons(letters))));
            if (!mode.execute) {
                out().println("nothing was sent; --execute sends");
                return Script.OK;
            }
            out().flush();
            byTarget.keySet().forEach(target -> kafka.require(admin, target, AclOperation.WRITE));
            send(byTarget);
            return Script.OK;
        }

        private void send(Map<String, List<ConsumerRecord<byte[], byte[]>>> byTarget) {             // 3
            Properties settings = kafka.client("dlq-inspector-replay");
            settings.put(ProducerConfig.ACKS_CONFIG, "all"); // "replayed" is said of what is safe
            settings.put(
                    ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.LARGEST_DEAD_LETTER); // what fitted into the DLQ
            settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            Map<String, Future<RecordMetadata>> sent = new LinkedHashMap<>();
            try (Producer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
                byTarget.forEach((target, letters) -> letters.forEach(letter -> sent.put(at(letter), producer.send(
                        new ProducerRecord<>(target, null, letter.key(), letter.value(),
                                DeadLetter.withoutErrors(letter.headers()))))));
                producer.flush();
            }
            int failed = 0;
            for (Map.Entry<String, Future<RecordMetadata>> one : sent.entrySet()) {
                try {
                    one.getValue().get();
                } catch (ExecutionException e) {
                    failed++;
                    spec.commandLine()
                            .getErr()
                            .println(one.getKey() + " was not replayed: "
                                    + Printable.of(e.getCause().getMessage()));
                } catch (InterruptedException e) {
                    throw new org.apache.kafka.common.errors.InterruptException(e);
                }
            }
            out().println("replayed " + (sent.size() - failed) + " of " + sent.size());
            if (failed > 0) {
                throw new Failure(failed + " dead letters were not replayed; they are where they were: run it again.");
            }
        }

        private static String reasons(List<ConsumerRecord<byte[], byte[]>> letters) {
            return letters.stream()
                    .collect(Collectors.groupingBy(DlqInspector::simpleName, TreeMap::new, Collectors.counting()))
                    .entrySet()
                    .stream()
                    .map(e -> e.getValue() + " " + e.getKey())
                    .collect(Collectors.joining(", "));
        }
    }

    // --- what a dead letter says ----------------------------------------------------------------------------------

    private static String at(ConsumerRecord<?, ?> letter) {
        return letter.partition() + ":" + letter.offset();
    }

    private static String origin(ConsumerRecord<?, ?> letter) {
        return error(letter, DeadLetter.TOPIC) + "-" + error(letter, DeadLetter.PARTITION) + "@"
                + error(letter, DeadLetter.OFFSET);
    }

    private static String simpleName(ConsumerRecord<?, ?> letter) {
        String name = error(letter, DeadLetter.EXCEPTION);
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private static String error(ConsumerRecord<?, ?> letter, String header) {
        String text = DeadLetter.text(letter.headers(), header);
        return text == null ? "?" : Printable.of(text);
    }

    private static Map<String, Object> described(ConsumerRecord<byte[], byte[]> letter) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("at", at(letter));
        described.put("key", text(letter.key()));
        described.put("value", text(letter.value()));
        for (Header header : letter.headers()) {
            if (header.key().startsWith(DeadLetter.PREFIX)) {
                described.put(header.key().substring(DeadLetter.PREFIX.length()), text(header.value()));
            }
        }
        return described;
    }

    /** UTF-8 as it is, other bytes in hex, null as "(null)". */
    private static String text(byte[] bytes) {
        if (bytes == null) {
            return "(null)";
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            return "0x" + HexFormat.of().formatHex(bytes);
        }
    }
}
