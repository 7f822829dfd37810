///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Shows the order system at work, and checks every step: jbang Demo.java
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.awaitility:awaitility:4.3.0
//SOURCES lab/Api.java
//SOURCES lab/Broker.java
//SOURCES lab/Build.java
//SOURCES lab/Ended.java
//SOURCES lab/Kafka.java
//SOURCES lab/Lab.java
//SOURCES lab/Reaper.java
//SOURCES lab/Repo.java
//SOURCES lab/Running.java
//SOURCES lab/Sentence.java
//SOURCES lab/Series.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import lab.Api;
import lab.Api.Answer;
import lab.Broker;
import lab.Build;
import lab.Kafka;
import lab.Lab;
import lab.Repo;
import lab.Running;
import lab.Sentence;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.awaitility.core.ConditionTimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What does an order system look like that loses nothing and does nothing twice? Starts a broker, the API and the
 * consumer, sends orders, breaks things on purpose, and checks the outcomes each time.
 */
@Command(
        name = "Demo",
        mixinStandardHelpOptions = true,
        description = "Shows the order system at work, and checks every step.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:every check held",
            "1:a check failed",
            "2:wrong options",
            "130, 143:ended by Ctrl-C or SIGTERM"
        })
public class Demo implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    enum Scenario { normal, failure, retry, poison, http, topic, consumer, api }

    @Parameters(
            arity = "0..1",
            paramLabel = "SCENARIO",
            description =
                    "One of ${COMPLETION-CANDIDATES}, on what is already running. 'consumer' and 'api' restart those,"
                            + " and so start their own. Without it: all, with a broker, an API and a consumer of their"
                            + " own.")
    private Scenario only;

    @Option(names = "--bootstrap-server", defaultValue = "localhost:9092", paramLabel = "HOST:PORT",
            description = "With a scenario: the Kafka that is running (default: ${DEFAULT-VALUE}).")
    private String bootstrap;

    @Option(names = "--api", defaultValue = "http://localhost:8000", paramLabel = "URL",
            description = "With a scenario: the API that is running (default: ${DEFAULT-VALUE}).")
    private URI apiUri;

    private int held;
    private int failed;

    public static void main(String... args) {
        System.exit(new CommandLine(new Demo())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(new Sentence())
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Path logs = Files.createDirectories(Repo.file(".cache/demo/" + Instant.now().toString().replace(':', '-')));
        Instant start = Instant.now();
        if (only == null) {
            all(logs);
        } else if (only == Scenario.consumer || only == Scenario.api) {
            Build.scripts(logs);
            try (Lab lab = new Lab(Broker.running(bootstrap), logs)) {
                restart(lab, lab.api(), lab.consumer("--instance-id", "demo"));
            }
        } else {
            Broker.requireListening(
                    bootstrap, "Kafka", "start one (make broker), or give its address (BOOTSTRAP=HOST:PORT)");
            Broker.requireListening(
                    apiUri.getAuthority(), "OrderApi", "start one (make api), or give its address (API=URL)");
            try (Kafka kafka = new Kafka(bootstrap)) {
                play(only, new Stage(kafka, new Api(apiUri, null), "order-events", "order-events-dlq", "order-outcomes",
                        "order-processor"));
            }
        }
        System.out.printf("%n%d checks held, %d failed, in %d s; the scripts' logs: %s%n", held, failed,
                Duration.between(start, Instant.now()).toSeconds(), Repo.root().relativize(logs));
        return failed == 0 ? 0 : 1;
    }

    private void all(Path logs) {
        say("starting a broker, an API and a consumer");
        Build.scripts(logs);
        try (Broker broker = Broker.embedded(logs, "demo"); Lab lab = new Lab(broker, logs)) {
            Running starting = lab.startApi();
            Running consumer = lab.consumer("--work-ms", "100", "--instance-id", "demo");
            Api api = lab.api(starting);
            say("broker at " + broker.bootstrap() + ", API at " + api.uri() + ", one consumer");
            Stage stage = new Stage(lab.kafka(), api, lab.events, lab.dlq, lab.outcomes, lab.group);
            Arrays.stream(Scenario.values()).filter(s -> s != Scenario.consumer && s != Scenario.api)
                    .takeWhile(scenario -> failed == 0).forEach(scenario -> play(scenario, stage));
            if (failed == 0) {
                restart(lab, api, consumer);
            }
            if (failed > 0) {
                System.out.println("\n" + lab.tails());
            }
        }
    }

    /** Where a scenario is played: clients and names. */
    private record Stage(Kafka kafka, Api api, String events, String dlq, String outcomes, String group) {
        List<JsonNode> outcomesOf(String orderId) {
            return kafka.jsonByKey(outcomes).getOrDefault(orderId, List.of());
        }

        boolean committed(int partition, long offset) {
            return kafka.committed(group, events).getOrDefault(partition, 0L) > offset;
        }

        long recordsOf(String orderId) {
            return kafka.records(events).stream().filter(record -> orderId.equals(Kafka.text(record.key()))).count();
        }

        Optional<ConsumerRecord<byte[], byte[]>> deadLetter(int partition, long offset) {
            return kafka.records(dlq).stream()
                    .filter(letter -> String.valueOf(partition).equals(Kafka.header(letter, "__dlq.errors.partition"))
                            && String.valueOf(offset).equals(Kafka.header(letter, "__dlq.errors.offset"))).findFirst();
        }
    }

    private void play(Scenario scenario, Stage stage) {
        switch (scenario) {
            case normal -> normal(stage);
            case failure -> failure(stage);
            case retry -> retry(stage);
            case poison -> poison(stage);
            case http -> overHttp(stage);
            case topic -> straightToTheTopic(stage);
            case consumer, api -> throw new IllegalStateException("these restart what is running");
        }
    }

    // --- the scenarios --------------------------------------------------------------------------------------------

    private void normal(Stage stage) {
        title("Normal processing", "201 comes once Kafka has acknowledged the order, and says where it is");
        Answer answer = post(stage, "customer123");
        JsonNode at = answer.body().path("kafka_metadata");
        check("answered 201 with kafka_metadata", () -> answer.status() == 201 && at.path("offset").isIntegralNumber());
        check("the order is in the topic, keyed by its order_id", () -> stage.recordsOf(answer.orderId()) == 1);
        eventually("processed once, at the first attempt", () -> {
            List<JsonNode> outcomes = stage.outcomesOf(answer.orderId());
            return outcomes.size() == 1 && outcomes.getFirst().path("status").asText().equals("processed")
                    && outcomes.getFirst().path("attempts").asInt() == 1;
        });
        eventually(
                "and then its offset was committed",
                () -> stage.committed(
                        at.path("partition").asInt(), at.path("offset").asLong()));
    }

    private void failure(Stage stage) {
        title(
                "Failure handling",
                "a customer_id ending in f is refused: the order goes to the dead-letter queue, with its reason");
        Answer answer = post(stage, "customerf");
        JsonNode at = answer.body().path("kafka_metadata");
        eventually(
                "dead-lettered with its bytes, and where it came from",
                () -> stage.deadLetter(
                                at.path("partition").asInt(), at.path("offset").asLong())
                        .filter(letter -> answer.orderId().equals(Kafka.text(letter.key()))
                                && Kafka.json(letter.value())
                                        .path("customer_id")
                                        .asText()
                                        .equals("customerf"))
                        .isPresent());
        stage.deadLetter(at.path("partition").asInt(), at.path("offset").asLong())
                .ifPresent(letter -> letter.headers().forEach(header -> {
                    if (!header.key().endsWith("stacktrace")) {
                        say(header.key() + ": " + Kafka.text(header.value()));
                    }
                }));
        eventually("the partition goes on: its offset is committed",
                () -> stage.committed(at.path("partition").asInt(), at.path("offset").asLong()));
    }

    private void retry(Stage stage) {
        title(
                "Retry",
                "a customer_id ending in r fails twice and then passes: retried with backoff, not dead-lettered");
        Answer answer = post(stage, "customer-r");
        eventually(
                "processed at the third attempt",
                () -> stage.outcomesOf(answer.orderId()).stream()
                        .anyMatch(outcome -> outcome.path("status").asText().equals("processed")
                                && outcome.path("attempts").asInt() == 3));
    }

    private void poison(Stage stage) {
        title(
                "Poison pill",
                "bytes that are not JSON, straight to the topic: the consumer goes on, the bytes stay readable");
        RecordMetadata at = stage.kafka().send(stage.events(), "poison", "not json");
        eventually("'not json' is in the dead-letter queue", () -> stage.deadLetter(at.partition(), at.offset())
                .filter(letter -> "not json".equals(Kafka.text(letter.value()))).isPresent());
        Answer next = post(stage, "customer123");
        eventually("and the next order is processed", () -> stage.outcomesOf(next.orderId()).size() == 1);
    }

    private void overHttp(Stage stage) {
        title(
                "Idempotency over HTTP",
                "the same request with the same Idempotency-Key gets the first answer, and adds no record");
        String key = UUID.randomUUID().toString();
        Answer first = post(stage, "customer123", "Idempotency-Key", key);
        Answer second = post(stage, "customer123", "Idempotency-Key", key);
        check(
                "the same order_id and kafka_metadata, marked as a duplicate",
                () -> second.orderId().equals(first.orderId())
                        && second.body()
                                .path("kafka_metadata")
                                .equals(first.body().path("kafka_metadata"))
                        && second.body().path("duplicate").asBoolean());
        check("one record in the topic", () -> stage.recordsOf(first.orderId()) == 1);
        Answer other = post(stage, "customer456", "Idempotency-Key", key);
        check("another order under the same key is refused (422)", () -> other.status() == 422);
    }

    private void straightToTheTopic(Stage stage) {
        title("Idempotency at the consumer", "one order three times in the topic: the ledger recognises it");
        String orderId = "order-" + UUID.randomUUID();
        sendThreeTimes(stage, orderId);
        eventually("three records", () -> stage.recordsOf(orderId) == 3);
        check("one outcome", () -> stage.outcomesOf(orderId).size() == 1);
    }

    private void sendThreeTimes(Stage stage, String orderId) {
        RecordMetadata last = null;
        for (int i = 0; i < 3; i++) {
            last = stage.kafka().send(stage.events(), orderId, Api.record(orderId, "customer123", "59.98"));
        }
        RecordMetadata at = last;
        eventually(
                "all are committed: no more outcomes can follow", () -> stage.committed(at.partition(), at.offset()));
    }

    private void restart(Lab lab, Api api, Running consumer) {
        Stage stage = new Stage(lab.kafka(), api, lab.events, lab.dlq, lab.outcomes, lab.group);
        if (only != Scenario.api) {
            title(
                    "Idempotency over a restart of the consumer",
                    "kill -9; the next consumer reads the ledger back from order-outcomes");
            String orderId = "order-" + UUID.randomUUID();
            sendThreeTimes(stage, orderId);
            consumer.kill9();
            say("killed; starting it again");
            lab.consumer("--instance-id", "demo");
            sendThreeTimes(stage, orderId);
            check(
                    "six records, one outcome",
                    () -> stage.recordsOf(orderId) == 6
                            && stage.outcomesOf(orderId).size() == 1);
        }
        if (only != Scenario.consumer) {
            title(
                    "Idempotency over a restart of the API",
                    "kill -9; the order_id is made from the key, so that the retry is recognised");
            String key = UUID.randomUUID().toString();
            Answer first = post(stage, "customer123", "Idempotency-Key", key);
            api.process().kill9();
            say("killed; starting another one, and sending the same request again");
            Api next = lab.api();
            Answer second = post(
                    new Stage(lab.kafka(), next, lab.events, lab.dlq, lab.outcomes, lab.group),
                    "customer123",
                    "Idempotency-Key",
                    key);
            check("the same order_id, in a second record", () -> second.orderId().equals(first.orderId())
                    && stage.recordsOf(first.orderId()) == 2);
            JsonNode at = second.body().path("kafka_metadata");
            eventually(
                    "both are committed",
                    () -> stage.committed(
                            at.path("partition").asInt(), at.path("offset").asLong()));
            check("one outcome", () -> stage.outcomesOf(first.orderId()).size() == 1);
        }
    }

    // --- printing and checking ------------------------------------------------------------------------------------

    private Answer post(Stage stage, String customer, String... headers) {
        Answer answer = stage.api().post(Api.order(customer), headers);
        say("POST /orders/ " + Api.order(customer) + (headers.length > 0 ? " with " + headers[0] : ""));
        say(answer.status() + " " + answer.body());
        return answer;
    }

    private void eventually(String what, Callable<Boolean> holds) {
        check(what, () -> {
            try {
                await(what).atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(50)).until(holds);
                return true;
            } catch (ConditionTimeoutException e) {
                return false;
            }
        });
    }

    private void check(String what, Callable<Boolean> holds) {
        boolean held = false;
        try {
            held = holds.call();
        } catch (Exception e) {
            say(e.toString());
        }
        if (held) {
            this.held++;
        } else {
            failed++;
        }
        System.out.println(Ansi.AUTO.string((held ? "  @|green ok|@      " : "  @|red FAILED|@  ") + what));
    }

    private static void title(String title, String lookAt) {
        System.out.println(Ansi.AUTO.string("%n@|bold " + title + "|@: ").replace("%n", "\n") + lookAt);
    }

    private static void say(String what) {
        System.out.println(Ansi.AUTO.string("          @|faint |@") + what);
    }
}
