package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static proofs.api.ApiProof.problem;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import lab.Api;
import lab.Api.Answer;
import lab.Broker;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Ports;
import lab.Proxy;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.OwnBroker;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.Resource;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What the API says of an order, and of itself, is what is true (1, 2). */
@Execution(ExecutionMode.SAME_THREAD) // some of them set rules on the broker, or kill it
class TruthfulAnswersProof {
    private static final Duration SOON = Duration.ofSeconds(30);

    @RegisterExtension
    static final LabExtension ON_ITS_OWN_BROKER = new LabExtension(folder -> new OwnBroker(folder));

    /** A producer that gives up would answer 503 for an order that is written. */
    @Test
    void whatAGuaranteeNeedsCannotBeSetInTheCommandConfig(Lab lab) throws Exception {
        for (String setting : List.of("retries=1", "delivery.timeout.ms=5000", "acks=1", "transactional.id=t",
                "max.in.flight.requests.per.connection=5", "enable.idempotence=false", "partitioner.ignore.keys=true",
                "partitioner.class=Own")) {
            Path config = Files.writeString(Files.createDirectories(lab.folder()).resolve("config"), setting + "\n");
            Ended run = lab.runInSeries("OrderApi", "--port", "0", "--bootstrap-server", lab.broker().bootstrap(),
                    "--command-config", config.toString());
            assertThat(run.exitCode()).as(run.tail()).isEqualTo(2);
            assertThat(run.err()).contains("--command-config sets " + setting, "remove it there").hasLineCount(1);
        }
    }

    @Test
    void whatKafkaWillNeverTakeIsNotToBeSentAgain(Lab lab, OwnBroker broker) {
        lab.kafka().createTopic(lab.events, 1, Map.of("max.message.bytes", "700"));
        Api api = lab.api();
        Answer large = api.post(Api.order("c".repeat(250)).replace("product456", "p".repeat(250)),
                "Idempotency-Key", "large");
        problem(large, 413, "nothing is written");
        assertThat(large.header("Retry-After")).isNull();
        assertThat(api.post(Api.order("c"), "Idempotency-Key", "large").status())
                .as("its key is free").isEqualTo(201);

        AclBinding rule = Kafka.ruleForAll(lab.events, AclOperation.WRITE, AclPermissionType.DENY);
        lab.kafka().addRule(rule);
        try {
            await("the rule holds").atMost(SOON).until(() -> api.post(Api.order("c")).status() == 503);
            Answer refused = api.post(Api.order("c"));
            problem(refused, 503, "nothing is written");
            assertThat(refused.header("Retry-After")).isNull();
            assertThat(refused.body().path("type").asText()).isEqualTo("/problems/order-refused");
        } finally {
            lab.kafka().removeRule(rule);
        }
    }

    /** Kafka refuses it the right to begin: it can send nothing more, also once it has the right. */
    @Test
    void aProducerThatCanSendNothingMoreIsReplaced(Lab lab, OwnBroker broker) {
        Proxy proxy = Proxy.before(lab, "--hold", "InitProducerId#1");
        Lab through = lab.through(proxy.bootstrap());
        through.kafka().createTopic(through.events, 1);
        Api api = through.api();
        proxy.awaitLine("held InitProducerId");
        AclBinding all = cluster(AclOperation.ALL, AclPermissionType.ALLOW); // a rule ends what is allowed without one
        AclBinding begin = cluster(AclOperation.IDEMPOTENT_WRITE, AclPermissionType.DENY);
        AclBinding read = Kafka.ruleForAll("*", AclOperation.ALL, AclPermissionType.ALLOW);
        AclBinding write = Kafka.ruleForAll("*", AclOperation.WRITE, AclPermissionType.DENY);
        List.of(all, read, begin, write).forEach(lab.kafka()::addRule);
        try {
            proxy.command("release");
            await("health knows").atMost(SOON).until(() -> {
                api.post(Api.order("c"));
                Answer health = api.get("/health");
                return health.status() == 503 && !health.body().path("producer").asText().equals("ok");
            });
        } finally {
            List.of(write, begin, read, all).forEach(lab.kafka()::removeRule);
        }
        await("orders are taken again").atMost(SOON).until(() -> api.post(Api.order("c")).status() == 201);
        await("and health knows").atMost(SOON).until(() -> api.get("/health").status() == 200);
    }

    private static AclBinding cluster(AclOperation operation, AclPermissionType type) {
        return new AclBinding(new ResourcePattern(ResourceType.CLUSTER, Resource.CLUSTER_NAME, PatternType.LITERAL),
                new AccessControlEntry("User:*", "*", operation, type));
    }

    @Test
    void withoutKafkaItAnswersAtOnceThatItIsNotReadyAndIsOnceKafkaIsThere(Lab lab, OwnBroker broker) {
        String port = String.valueOf(Ports.free(2));
        Running process = lab.start("OrderApi", "--bootstrap-server", "127.0.0.1:" + port, "--topic", lab.events,
                "--outcomes-topic", lab.outcomes, "--port", "0", "--connect-interval-ms", "500", "--connect-attempts",
                "1000");
        Api api = lab.api(process);
        Answer health = api.get("/health");
        assertThat(health.status()).isEqualTo(503);
        assertThat(health.body().path("kafka").asText()).isEqualTo("unreachable");
        problem(api.post(Api.order("c")), 503, "Kafka was not reached yet, and nothing was sent");
        assertThat(api.get("/").status()).isEqualTo(200);

        Running late = lab.start("KafkaBroker", "--port", port);
        Broker.address(late);
        await("orders are taken").atMost(SOON).until(() -> api.post(Api.order("c")).status() == 201);
        assertThat(api.get("/health").status()).isEqualTo(200);
    }

    /** A probe takes two seconds: ten clients that ask one after the other must not each wait for one of their own. */
    @Test
    void inAnOutageManyRequestsShareAProbe(Lab lab, OwnBroker broker) throws Exception {
        Api api = lab.api();
        assertThat(api.post(Api.order("c")).status()).isEqualTo(201);
        broker.kill9();
        await("the API sees that the broker is gone").atMost(SOON)
                .until(() -> api.post(Api.order("c")).status() == 503);
        long begin = System.nanoTime();
        int answered = 0;
        try (ExecutorService clients = Executors.newFixedThreadPool(8)) {
            while (System.nanoTime() - begin < Duration.ofSeconds(8).toNanos()) {
                List<Future<Answer>> answers = IntStream.range(0, 8).mapToObj(i -> clients.submit(
                        () -> api.post(Api.order("c")))).toList();
                for (Future<Answer> answer : answers) {
                    assertThat(answer.get().status()).isEqualTo(503);
                    answered++;
                }
            }
        }
        assertThat(answered).as("answers in 8 s, where each with a probe of its own gives 32").isGreaterThan(50);
    }

    @Test
    void a504SaysWhichOrderItIsAbout(Lab lab, OwnBroker broker) {
        Api api = lab.api("--timeout-ms", "1000");
        assertThat(api.post(Api.order("c")).status()).isEqualTo(201);
        broker.freeze();
        try {
            Answer unknown = api.post(Api.order("c"));
            problem(unknown, 504, "send it again with this order_id, which is safe");
            assertThat(unknown.body().path("order_id").asText()).isNotEmpty();
            assertThat(unknown.header("Location")).isEqualTo("/orders/" + unknown.orderId());
            Answer again = api.post(Api.order("c").replace("{\"customer_id\"", "{\"order_id\":\"" + unknown.orderId()
                    + "\",\"customer_id\""));
            problem(again, 504, "may or may not be written");
            broker.thaw();
            await("it was written").atMost(SOON).until(() -> api.get(unknown.header("Location")).status() == 200);
            assertThat(lab.kafka().records(lab.events)).as("the repeat is not a second record").hasSize(2);
        } finally {
            broker.thaw();
        }
    }

    @Test
    void aBodysKeyThatDiffersFromTheHeadersIsRefused(Lab lab) {
        Api api = lab.api();
        String withKey = Api.order("c").replace("{\"customer_id\"", "{\"idempotency_key\":\"a\",\"customer_id\"");
        problem(api.post(withKey, "Idempotency-Key", "b"), 400, "several idempotency keys");
        assertThat(api.post(withKey, "Idempotency-Key", "a").status()).isEqualTo(201);
    }

    /** The answer to its question where the topics end does not come: it asks again, and waits with orders. */
    @Test
    void theViewReadsOnAfterAFailure(Lab lab) throws Exception {
        Proxy proxy = Proxy.before(lab);
        Lab through = lab.through(proxy.bootstrap());
        through.kafka().createTopic(through.events, 1);
        Path config = Files.writeString(Files.createDirectories(lab.folder()).resolve("config"),
                "default.api.timeout.ms=1500\nrequest.timeout.ms=1000\n");
        Answer before = through.api().post(Api.order("c"), "Idempotency-Key", "k");
        proxy.command("drop-answer ListOffsets");
        URI uri = URI.create("http://127.0.0.1:" + Ports.free(1));
        Api api = new Api(uri, through.start("OrderApi", "--bootstrap-server", proxy.bootstrap(), "--topic",
                through.events, "--outcomes-topic", through.outcomes, "--port", String.valueOf(uri.getPort()),
                "--command-config", config.toString(), "--timeout-ms", "1000"));
        await("health says so").atMost(SOON).ignoreExceptions() // until it listens
                .until(() -> api.get("/health").body().path("view").asText().contains("Timeout"));
        problem(api.post(Api.order("c"), "Idempotency-Key", "k"), 503, "are still being read");
        proxy.command("heal");
        await("all is well").atMost(SOON).until(() -> api.get("/health").status() == 200);
        assertThat(api.post(Api.order("c"), "Idempotency-Key", "k").body().path("kafka_metadata"))
                .isEqualTo(before.body().path("kafka_metadata"));
    }
}
