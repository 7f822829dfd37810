///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Shows the order system at work, and checks every step: jbang Demo.java
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.awaitility:awaitility:4.3.0
//SOURCES guarantees/*.java
//SOURCES history/*.java
//SOURCES lab/Api.java
//SOURCES lab/Broker.java
//SOURCES lab/Build.java
//SOURCES lab/Cluster.java
//SOURCES lab/Ended.java
//SOURCES lab/Kafka.java
//SOURCES lab/Lab.java
//SOURCES lab/Ports.java
//SOURCES lab/Proxy.java
//SOURCES lab/Reaper.java
//SOURCES lab/Repo.java
//SOURCES lab/Running.java
//SOURCES lab/Sentence.java
//SOURCES lab/Series.java
//SOURCES story/*.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import guarantees.Guarantees;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
import org.awaitility.core.ConditionTimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import story.Listener;
import story.Stage;
import story.Verdict;

/**
 * What does an order system look like that loses nothing and does nothing twice? Starts a broker, the API and the
 * consumer, sends orders, and checks the outcomes. Then it plays the stories of some guarantees: what breaks, and what
 * comes of it. {@code make prove} plays the same stories to a system without the guarantee, too.
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
    private static final int AT_A_TIME = 3; // stories

    /** What can be seen alone: one order each, or, where a guarantee is named, its story. */
    enum Scenario {
        normal(null),
        failure(null),
        retry(null),
        http(null),
        api(null),
        crash(Guarantees.PROCESSED_AT_LEAST_ONCE),
        consumer(Guarantees.PROCESSED_ONCE),
        poison(Guarantees.BAD_RECORD_STOPS_NOTHING),
        order(Guarantees.ORDER_PER_KEY),
        slow(Guarantees.SLOW_ORDER_HOLDS_UP_ITS_KEY),
        conflict(Guarantees.NOTHING_IS_DROPPED);

        private final Guarantees guarantee;

        Scenario(Guarantees guarantee) {
            this.guarantee = guarantee;
        }
    }

    @Parameters(
            arity = "0..1",
            paramLabel = "SCENARIO",
            description =
                    "One of ${COMPLETION-CANDIDATES}, on what is already running. 'normal' to 'http' use the API and"
                            + " the consumer that are running; the others restart theirs, and so start their own."
                            + " Without it: all, with a broker, an API and a consumer of their own.")
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
        } else if (only == Scenario.api) {
            Build.scripts(logs);
            try (Lab lab = new Lab(Broker.running(bootstrap), logs)) {
                lab.consumer("--instance-id", "demo");
                restart(lab, lab.api());
            }
        } else if (only.guarantee != null) {
            Build.scripts(logs);
            print(story(only.guarantee, Broker.running(bootstrap), logs));
        } else {
            Broker.requireListening(
                    bootstrap, "Kafka", "start one (make broker), or give its address (BOOTSTRAP=HOST:PORT)");
            Broker.requireListening(
                    apiUri.getAuthority(), "OrderApi", "start one (make api), or give its address (API=URL)");
            try (Kafka kafka = new Kafka(bootstrap)) {
                play(only, new Place(kafka, new Api(apiUri, null), "order-events", "order-events-dlq", "order-outcomes",
                        "order-processor"));
            }
        }
        System.out.printf("%n%d checks held, %d failed, in %d s; the scripts' logs: %s%n", held, failed,
                Duration.between(start, Instant.now()).toSeconds(), Repo.root().relativize(logs));
        return failed == 0 ? 0 : 1;
    }

    private void all(Path logs) throws Exception {
        say("starting a broker, an API and a consumer");
        Build.scripts(logs);
        try (Broker broker = Broker.embedded(logs, "demo"); Lab lab = new Lab(broker, logs);
                ExecutorService stage = Executors.newFixedThreadPool(AT_A_TIME)) {
            Running starting = lab.startApi();
            lab.consumer("--work-ms", "100", "--instance-id", "demo");
            List<Future<Story>> stories = new ArrayList<>();
            for (Scenario scenario : Scenario.values()) {
                if (scenario.guarantee != null) { // they have topics of their own, and take longer
                    stories.add(stage.submit(() -> story(scenario.guarantee, broker, logs)));
                }
            }
            Api api = lab.api(starting);
            say("broker at " + broker.bootstrap() + ", API at " + api.uri() + ", one consumer");
            Place place = new Place(lab.kafka(), api, lab.events, lab.dlq, lab.outcomes, lab.group);
            for (Scenario scenario : Scenario.values()) {
                if (scenario.guarantee == null && failed == 0) {
                    if (scenario == Scenario.api) {
                        restart(lab, api);
                    } else {
                        play(scenario, place);
                    }
                }
            }
            for (Future<Story> one : stories) {
                print(one.get());
            }
            if (failed > 0) {
                System.out.println("\n" + lab.tails());
            }
        }
    }

    // --- stories of guarantees ------------------------------------------------------------------------------------

    /**
     * A story that was played to the system as built.
     *
     * @param steps what was done and seen
     * @param end   how it came out: null if it did not come to its end
     */
    private record Story(Guarantees guarantee, List<Step> steps, Verdict end, Exception failure) {
    }

    /** @param seen whether it was waited for, and came */
    private record Step(boolean seen, String what) {
    }

    private static Story story(Guarantees one, Broker broker, Path logs) {
        List<Step> steps = new ArrayList<>();
        Listener listener = new Listener() {
            @Override
            public void did(String what) {
                steps.add(new Step(false, what));
            }

            @Override
            public void saw(String what) {
                steps.add(new Step(true, what));
            }
        };
        try {
            Path folder = logs.resolve(one.name().toLowerCase());
            return new Story(one, steps, Stage.playAsBuilt(one.guarantee(), broker, folder, listener), null);
        } catch (Exception e) {
            return new Story(one, steps, null, e);
        }
    }

    private void print(Story story) {
        title("Guarantee " + story.guarantee.number(), story.guarantee.guarantee().question());
        story.steps.forEach(step -> {
            if (step.seen) {
                check(step.what, () -> true);
            } else {
                say(step.what);
            }
        });
        check(story.end == null ? "the story comes to its end" : story.end.summary(), () -> {
            if (story.failure != null) {
                throw story.failure;
            }
            story.end.anomalies().forEach(anomaly -> say(anomaly.sentence()));
            return story.end.asBuilt() == Verdict.Result.AS_EXPECTED;
        });
    }

    /** Where a scenario is played: clients and names. */
    private record Place(Kafka kafka, Api api, String events, String dlq, String outcomes, String group) {
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

    private void play(Scenario scenario, Place place) {
        switch (scenario) {
            case normal -> normal(place);
            case failure -> failure(place);
            case retry -> retry(place);
            case http -> overHttp(place);
            default -> throw new IllegalStateException(scenario + " starts its own");
        }
    }

    // --- the scenarios --------------------------------------------------------------------------------------------

    private void normal(Place place) {
        title("Normal processing", "201 comes once Kafka has acknowledged the order, and says where it is");
        Answer answer = post(place, "customer123");
        JsonNode at = answer.body().path("kafka_metadata");
        check("answered 201 with kafka_metadata", () -> answer.status() == 201 && at.path("offset").isIntegralNumber());
        check("the order is in the topic, keyed by its order_id", () -> place.recordsOf(answer.orderId()) == 1);
        eventually("processed once, at the first attempt", () -> {
            List<JsonNode> outcomes = place.outcomesOf(answer.orderId());
            return outcomes.size() == 1 && outcomes.getFirst().path("status").asText().equals("processed")
                    && outcomes.getFirst().path("attempts").asInt() == 1;
        });
        eventually(
                "and then its offset was committed",
                () -> place.committed(
                        at.path("partition").asInt(), at.path("offset").asLong()));
    }

    private void failure(Place place) {
        title(
                "Failure handling",
                "a customer_id ending in f is refused: the order goes to the dead-letter queue, with its reason");
        Answer answer = post(place, "customerf");
        JsonNode at = answer.body().path("kafka_metadata");
        eventually(
                "dead-lettered with its bytes, and where it came from",
                () -> place.deadLetter(
                                at.path("partition").asInt(), at.path("offset").asLong())
                        .filter(letter -> answer.orderId().equals(Kafka.text(letter.key()))
                                && Kafka.json(letter.value())
                                        .path("customer_id")
                                        .asText()
                                        .equals("customerf"))
                        .isPresent());
        place.deadLetter(at.path("partition").asInt(), at.path("offset").asLong())
                .ifPresent(letter -> letter.headers().forEach(header -> {
                    if (!header.key().endsWith("stacktrace")) {
                        say(header.key() + ": " + Kafka.text(header.value()));
                    }
                }));
        eventually("the partition goes on: its offset is committed",
                () -> place.committed(at.path("partition").asInt(), at.path("offset").asLong()));
    }

    private void retry(Place place) {
        title(
                "Retry",
                "a customer_id ending in r fails twice and then passes: retried with backoff, not dead-lettered");
        Answer answer = post(place, "customer-r");
        eventually(
                "processed at the third attempt",
                () -> place.outcomesOf(answer.orderId()).stream()
                        .anyMatch(outcome -> outcome.path("status").asText().equals("processed")
                                && outcome.path("attempts").asInt() == 3));
    }

    private void overHttp(Place place) {
        title(
                "Idempotency over HTTP",
                "the same request with the same Idempotency-Key gets the first answer, and adds no record");
        String key = UUID.randomUUID().toString();
        Answer first = post(place, "customer123", "Idempotency-Key", key);
        Answer second = post(place, "customer123", "Idempotency-Key", key);
        check(
                "the same order_id and kafka_metadata, marked as a duplicate",
                () -> second.orderId().equals(first.orderId())
                        && second.body()
                                .path("kafka_metadata")
                                .equals(first.body().path("kafka_metadata"))
                        && second.body().path("duplicate").asBoolean());
        check("one record in the topic", () -> place.recordsOf(first.orderId()) == 1);
        Answer other = post(place, "customer456", "Idempotency-Key", key);
        check("another order under the same key is refused (422)", () -> other.status() == 422);
    }

    private void restart(Lab lab, Api api) {
        Place place = new Place(lab.kafka(), api, lab.events, lab.dlq, lab.outcomes, lab.group);
        title(
                "Idempotency over a restart of the API",
                "kill -9; the next API reads back what was placed before it started");
        String key = UUID.randomUUID().toString();
        Answer first = post(place, "customer123", "Idempotency-Key", key);
        api.process().kill9();
        say("killed; starting another one, and sending the same request again");
        Api next = lab.api();
        Answer second = post(new Place(lab.kafka(), next, lab.events, lab.dlq, lab.outcomes, lab.group), "customer123",
                "Idempotency-Key", key);
        check("the first answer, and no second record", () -> second.body().path("duplicate").asBoolean()
                && second.body().path("kafka_metadata").equals(first.body().path("kafka_metadata"))
                && place.recordsOf(first.orderId()) == 1);
        eventually("one outcome", () -> place.outcomesOf(first.orderId()).size() == 1);
    }

    // --- printing and checking ------------------------------------------------------------------------------------

    private Answer post(Place place, String customer, String... headers) {
        Answer answer = place.api().post(Api.order(customer), headers);
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
