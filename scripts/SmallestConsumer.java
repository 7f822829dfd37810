///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION The smallest consumer: poll, work, send, commit; and what that gets wrong: jbang SmallestConsumer.java
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.defaultLogLevel=error
//RUNTIME_OPTIONS -Xlog:disable -Xlog:all=error:stderr -Xlog:cds=off:stderr
//CDS

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What is the least that a consumer has to do, and what does it get wrong? It (1) polls some orders, (2) does the work
 * of each, (3) sends the outcome and waits until Kafka has it, and (4) commits the offsets. Since 4 comes last, no
 * order is lost. What goes wrong, and the folder of {@code OrderConsumer.java} that fixes it:
 *
 * <ul>
 *   <li>Killed between 3 and 4, it does orders twice. {@code ledger/} remembers which orders are done.
 *   <li>A record that fails (a poison pill) stops it, and stops it again after every restart. {@code work/} tries the
 *       record again, and {@code consumer/} writes it to a dead-letter topic.
 *   <li>An order that hangs holds up all others. {@code work/} has a queue for each key, and works on many at a time.
 * </ul>
 */
@Command(name = "SmallestConsumer", mixinStandardHelpOptions = true, version = "Kafka Order Lab", sortOptions = false,
        showDefaultValues = true, description = "Polls orders, works, sends outcomes, commits.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"1:failed", "2:wrong options", "3:Kafka cannot be reached", "130, 143:ended by a signal"},
        footerHeading = "%nExamples:%n", footer = "  ./jbang scripts/SmallestConsumer.java --work-ms 100")
public class SmallestConsumer implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Option(names = "--bootstrap-server", defaultValue = "localhost:9092") private String bootstrapServer;
    @Option(names = "--group", defaultValue = "smallest-consumer") private String group;
    @Option(names = "--topic", defaultValue = "order-events") private String topic;
    @Option(names = "--outcomes-topic", description = "  Default: order-outcomes-GROUP") private String outcomesTopic;
    @Option(names = "--work-ms", defaultValue = "500") private int workMs;
    @Option(names = "--verbose", description = "Print the stack trace of an error") private boolean verbose;
    private volatile boolean stopping;

    private record Outcome(String order_id, String status, String group, Source source, int attempts, String at) { }

    private record Source(String topic, int partition, long offset) { }

    public static void main(String... args) {
        var script = new SmallestConsumer();
        System.exit(new CommandLine(script)
                .setExecutionExceptionHandler((e, command, parsed) -> script.failed(e)).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        outcomesTopic = outcomesTopic == null ? "order-outcomes-" + group : outcomesTopic;
        System.out.printf("%s of %s, group %s, outcomes to %s%n", topic, bootstrapServer, group, outcomesTopic);
        createTopics();
        var closed = new CompletableFuture<Void>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping = true;
            closed.completeOnTimeout(null, 10, TimeUnit.SECONDS).join(); // not for ever: an order may hang
        }));
        try (var producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrapServer), new StringSerializer(),
                        new StringSerializer());
                var consumer = new KafkaConsumer<>(consumerSettings(), new StringDeserializer(),
                        new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (!stopping) {
                ConsumerRecords<String, String> orders = consumer.poll(Duration.ofMillis(100));          // 1
                for (ConsumerRecord<String, String> order : orders) {
                    String outcome = work(order);                                                        // 2
                    producer.send(new ProducerRecord<>(outcomesTopic, order.key(), outcome)).get();      // 3
                }
                if (!orders.isEmpty()) {
                    consumer.commitSync();                                                               // 4
                    System.out.println("committed");
                }
            }
        } finally {
            closed.complete(null);
        }
        return 0;
    }

    /** Your work goes here. As in OrderConsumer, a customer ending in f is refused, and one ending in h hangs. */
    private String work(ConsumerRecord<String, String> order) {
        String place = order.topic() + "-" + order.partition() + "@" + order.offset();
        System.out.println("working on " + place);
        try {
            var json = JSON.readTree(order.value());
            String customer = json.required("customer_id").asText();
            if (customer.endsWith("f")) {
                throw new IllegalArgumentException("refused");
            }
            Thread.sleep(customer.endsWith("h") ? Long.MAX_VALUE : workMs);
            return JSON.writeValueAsString(new Outcome(json.required("order_id").asText(), "processed", group,
                    new Source(order.topic(), order.partition(), order.offset()), 1, Instant.now().toString()));
        } catch (Exception e) {
            throw new IllegalStateException(place + " cannot be processed (" + e.getClass().getSimpleName()
                    + "), and every restart will stop at it again.", e);
        }
    }

    private Map<String, Object> consumerSettings() {
        return Map.of("bootstrap.servers", bootstrapServer, "group.id", group,
                // offsets are committed here, after the outcomes, and not by a timer
                "enable.auto.commit", false,
                // a new group starts at the oldest order, not at the end
                "auto.offset.reset", "earliest",
                // the most orders between two commits: a stop waits for them, and a kill repeats them
                "max.poll.records", 10,
                // how long the partitions of a killed consumer wait for the next one; the default is 45 s
                "session.timeout.ms", 6_000);
    }

    /** Topics that exist stay as they are. */
    private void createTopics() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServer))) {
            admin.createTopics(List.of(new NewTopic(topic, Optional.of(3), Optional.empty()),
                    new NewTopic(outcomesTopic, Optional.of(3), Optional.empty())),
                    new CreateTopicsOptions().timeoutMs(10_000)).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
        }
    }

    /** Says in one sentence what is wrong, and gives the exit code. */
    private int failed(Exception e) {
        if (verbose) {
            e.printStackTrace();
        }
        Throwable cause = e.getCause() == null || e instanceof IllegalStateException ? e : e.getCause();
        boolean away = cause instanceof TimeoutException;
        System.err.println("SmallestConsumer: " + (away ? "Kafka at " + bootstrapServer + " cannot be reached: start "
                + "one (make broker), or give its address with --bootstrap-server." : cause.getMessage()));
        return away ? 3 : cause instanceof ConfigException ? 2 : 1;
    }
}
