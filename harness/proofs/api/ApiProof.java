package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import lab.Api;
import lab.Api.Answer;
import lab.Ended;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The API's contract: what a client may rely on, and the errors that it gets. */
@ExtendWith(LabExtension.class)
class ApiProof {

    @Test
    void anAcceptedOrderIsInTheTopicWhereTheResponseSaysAndIsProcessed(Lab lab) {
        Api api = lab.api();
        Answer answer = api.post(Api.order("customer123"));
        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.body().path("status").asText()).isEqualTo("success");
        assertThat(answer.body().path("message").asText())
                .isEqualTo("Order " + answer.orderId() + " created successfully");

        ConsumerRecord<byte[], byte[]> record = lab.kafka().records(lab.events).getFirst();
        JsonNode metadata = answer.body().path("kafka_metadata");
        assertThat(metadata.path("topic").asText()).isEqualTo(lab.events);
        assertThat(metadata.path("partition").asInt()).isEqualTo(record.partition());
        assertThat(metadata.path("offset").asLong()).isEqualTo(record.offset());
        assertThat(Kafka.text(record.key())).isEqualTo(answer.orderId());
        assertThat(Kafka.text(record.value()))
                .as("money is exact")
                .contains("\"total_amount\":59.98", "\"price\":29.99");

        Running consumer = lab.consumer();
        lab.awaitCaughtUp();
        JsonNode outcome = lab.outcomes().get(answer.orderId()).getFirst();
        assertThat(outcome.path("status").asText()).isEqualTo("processed");
        assertThat(outcome.path("attempts").asInt()).isEqualTo(1);
        assertThat(outcome.path("source")).isEqualTo(metadata);
        assertThat(lab.deadLetters()).isEmpty();
        lab.stopAll();
        for (Running script : List.of(api.process(), consumer)) {
            assertThat(script.err().lines().filter(line -> line.contains(answer.orderId())))
                    .as("one line of the log of " + script.name()).hasSize(1);
        }
        assertThat(consumer.err()).contains("committed " + lab.events + "-" + record.partition()
                + ": the next to read is " + (record.offset() + 1));
    }

    @Test
    void errorsInARequestAreReportedAndNothingIsSent(Lab lab) {
        lab.kafka().createTopic(lab.events, 3, Map.of("max.message.bytes", "600"));
        Api api = lab.api("--max-body-bytes", "2000");
        problem(api.post("not json"), 400, "not JSON");
        problem(api.post(""), 400, "one JSON object");
        problem(api.post("{} {}"), 400, "not JSON");
        problem(api.post("{\"a\":1,\"a\":2}"), 400, "Duplicate");
        problem(api.post("[" .repeat(500)), 400, "not JSON");
        problem(api.post("[]"), 422, "one JSON object");
        problem(api.post("x".repeat(3000)), 413, "2000 bytes");
        problem(api.post(Api.order("c"), "Content-Type", "text/plain"), 415, "application/json");
        problem(api.post(Api.order("c"), "Idempotency-Key", "\"unclosed"), 400, "printable ASCII");
        problem(api.post(Api.order("c"), "Idempotency-Key", "\"" + "a".repeat(10_000) + "\""), 400, "printable ASCII");
        problem(api.post(Api.order("c").replace("{\"cust", "{\"idempotency_key\":7,\"cust")), 400, "printable ASCII");
        problem(api.post("{\"a\":1e" + "9".repeat(20) + "}"), 400, "not JSON");
        problem(api.post(Api.order("c"), "Idempotency-Key", "a", "X-Idempotency-Key", "b"), 400, "several");
        problem(api.get("/nothing"), 404, "nothing at this address");
        Answer notAllowed = api.get("/orders");
        problem(notAllowed, 405, "POST");
        assertThat(notAllowed.header("Allow")).isEqualTo("POST, OPTIONS");

        Answer wrong = api.post("""
            {"customer_id":7,"items":[{"quantity":0,"price":"1"},5],"total_amount":1e999999,"timestamp":"yesterday"}\
            """);
        problem(wrong, 422, "customer_id");
        assertThat(wrong.body().path("errors")).extracting(e -> e.path("field").asText()).containsExactlyInAnyOrder(
                "customer_id", "items[0].product_id", "items[0].quantity", "items[0].price", "items[1]",
                "items[1].product_id", "items[1].quantity", "items[1].price", "total_amount", "timestamp");
        Answer refused = api.post(Api.order("c".repeat(255)).replace("product456", "p".repeat(255))); // by Kafka
        problem(refused, 413, "nothing is written");
        assertThat(refused.header("Retry-After")).isNull();

        assertThat(api.get("/health").body().path("status").asText()).isEqualTo("up");
        assertThat(api.get("/").body().path("status").asText()).isEqualTo("GET /orders/{order_id}");
        assertThat(api.send(api.request("/orders").header("Content-Type", "application/json; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofString(Api.order("c")))).status()).isEqualTo(201);
        assertThat(lab.kafka().records(lab.events)).as("nothing refused was sent").hasSize(1);
        headIsLikeGetWithoutABodyAndOptionsListsTheMethods(api);
    }

    static void problem(Answer answer, int status, String detail) {
        assertThat(answer.status()).as(answer.body().toString()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.body().path("status").asInt()).isEqualTo(status);
        assertThat(answer.body().path("detail").asText()).contains(detail);
    }

    private static void headIsLikeGetWithoutABodyAndOptionsListsTheMethods(Api api) {
        for (String path : List.of("/", "/health", "/docs", "/docs/swagger-ui-bundle.js", "/openapi.json")) {
            HttpResponse<byte[]> get = api.fetch(api.request(path).GET());
            HttpResponse<byte[]> head = api.fetch(api.request(path).HEAD());
            assertThat(get.statusCode()).as(path).isEqualTo(200);
            assertThat(head.statusCode()).as(path).isEqualTo(200);
            assertThat(head.body()).isEmpty();
            assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(get.body().length);
            assertThat(head.headers().firstValue("Content-Type")).isEqualTo(get.headers().firstValue("Content-Type"));
        }
        for (String path : List.of("/orders", "/orders/")) {
            HttpResponse<byte[]> options = api.fetch(
                    api.request(path).method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
            assertThat(options.statusCode()).isEqualTo(204);
            assertThat(options.headers().firstValue("Allow")).contains("POST, OPTIONS");
        }
    }

    @Test
    void theStatusOfAnOrderIsWhereItsLocationSays(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        Api api = lab.api();
        Answer good = api.post(Api.order("customer123"));
        Answer failing = api.post(Api.order("customerf").replace("{\"customer_id\"",
                "{\"order_id\":\"a/b %?\u00fc\",\"customer_id\""));
        assertThat(failing.header("Location")).isEqualTo("/orders/a%2Fb%20%25%3F%C3%BC");
        assertThat(state(api, good)).isEqualTo("accepted");
        assertThat(state(api, failing)).isEqualTo("accepted");
        problem(api.get("/orders/unknown"), 404, "not known");

        Running consumer = lab.consumer("--commit", "transactional");
        await("outcome seen").atMost(Duration.ofSeconds(30)).until(() -> state(api, good).equals("processed"));
        await("outcome seen").atMost(Duration.ofSeconds(30)).until(() -> state(api, failing).equals("dead-lettered"));
        assertThat(api.get(failing.header("Location")).body().path("reason").asText()).contains("OrderRejected");

        Answer last = api.post(Api.order("customer123"));
        await("outcome seen").atMost(Duration.ofSeconds(30)).until(() -> state(api, last).equals("processed"));
        consumer.stop();
        Answer waiting = api.post(Api.order("customer123"));
        Api another = lab.api("--max-orders", "3");
        await("an API that starts later knows it").atMost(Duration.ofSeconds(30)).until(
                () -> state(another, last).equals("processed"));
        assertThat(state(another, failing)).isEqualTo("dead-lettered");
        assertThat(state(another, waiting)).isEqualTo("accepted");
        problem(another.get(good.header("Location")), 404, "among the last 3");
        Api forgetful = lab.api("--max-orders", "0");
        problem(forgetful.get(good.header("Location")), 404, "among the last 0");
    }

    private static String state(Api api, Answer created) {
        return api.get(created.header("Location")).body().path("status").asText();
    }

    @Test
    void aGetCanWaitForTheOutcome(Lab lab) {
        lab.kafka().createTopic(lab.events, 1);
        Api api = lab.api();
        Answer placed = api.post(Api.order("customer123"));
        String location = placed.header("Location");
        assertThat(api.get(location + "?wait=1").body().path("status").asText()).isEqualTo("accepted");
        problem(api.get(location + "?wait=soon"), 400, "whole number of seconds");
        CompletableFuture<Answer> waiting = CompletableFuture.supplyAsync(() -> {
            Answer answer = api.get(location + "?wait=10");
            while (answer.body().path("status").asText().equals("accepted")) {
                answer = api.get(location + "?wait=10"); // the consumer may take longer to start
            }
            return answer;
        });
        lab.consumer();
        assertThat(waiting).succeedsWithin(Duration.ofSeconds(60)).satisfies(answer -> {
            assertThat(answer.body().path("status").asText()).isEqualTo("processed");
            assertThat(answer.body().path("source")).isEqualTo(placed.body().path("kafka_metadata"));
            assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        });
    }

    @Test
    void aRequestsIdAndTraceGoWithItsOrder(Lab lab) {
        String parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        Api api = lab.api();
        Answer placed = api.post(Api.order("customer123"), "X-Request-Id", "my-request/1", "traceparent", parent);
        assertThat(placed.header("X-Request-Id")).isEqualTo("my-request/1");
        assertThat(api.process().err()).contains("(request my-request/1)");
        Answer failing = api.post(Api.order("customerf"), "X-Request-Id", "two words", "traceparent", "nonsense");
        assertThat(failing.header("X-Request-Id")).doesNotContain(" ");
        Answer wrong = api.post("{}", "X-Request-Id", "wrong");
        assertThat(wrong.body().path("instance").asText()).isEqualTo("urn:request:wrong");
        assertThat(wrong.body().path("errors").findValuesAsText("pointer")).contains("#/customer_id");

        lab.consumer();
        lab.awaitCaughtUp();
        for (String topic : List.of(lab.events, lab.outcomes)) {
            assertThat(lab.kafka().records(topic)).as(topic).anySatisfy(record -> {
                assertThat(Kafka.header(record, "request_id")).isEqualTo("my-request/1");
                assertThat(Kafka.header(record, "traceparent")).isEqualTo(parent);
            });
        }
        assertThat(lab.deadLetters()).singleElement().satisfies(letter -> {
            assertThat(Kafka.header(letter, "request_id")).isEqualTo(failing.header("X-Request-Id"));
            assertThat(letter.headers().lastHeader("traceparent")).isNull();
        });
    }

    @Test
    void theEnvironmentGivesOptionsToo(Lab lab) {
        Api api = lab.api(lab.start(Map.of("ORDER_API_BOOTSTRAP_SERVER", lab.broker().bootstrap(), "ORDER_API_PORT",
                "1", "ORDER_API_TOPIC", lab.events, "ORDER_API_REQUIRE_KEY", "true",
                "ORDER_API_TIMEOUT_MS", "tcp://10.0.0.7:8000", // as Kubernetes sets one for a service of that name
                "ORDER_API_COMMAND_CONFIG", " "), "OrderApi", "--port", "0"));
        problem(api.post(Api.order("c")), 400, "Idempotency-Key");
        assertThat(api.post(Api.order("c"), "Idempotency-Key", "k").status()).isEqualTo(201);
        assertThat(lab.kafka().records(lab.events)).hasSize(1);
        Ended wrong = lab.start(Map.of("DLQ_INSPECTOR_RATE", "fast"), "DlqInspector", "replay", "--bootstrap-server",
                lab.broker().bootstrap()).ended(Duration.ofSeconds(60));
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).contains("--rate", "is not a whole number");
    }

    @Test
    void theDocsAreSentCompressedAndOnce(Lab lab) {
        Api api = lab.api();
        String bundle = "/docs/swagger-ui-bundle.js";
        HttpResponse<byte[]> plain = api.fetch(api.request(bundle).GET());
        HttpResponse<byte[]> small = api.fetch(api.request(bundle).header("Accept-Encoding", "gzip").GET());
        assertThat(small.headers().firstValue("Content-Encoding")).contains("gzip");
        assertThat(small.body().length).isLessThan(plain.body().length / 2);
        String tag = plain.headers().firstValue("ETag").orElseThrow();
        assertThat(api.fetch(api.request(bundle).header("If-None-Match", tag).GET()).statusCode()).isEqualTo(304);
        assertThat(api.fetch(api.request("/docs/").GET()).statusCode()).isEqualTo(200);
    }

    @Test
    void withRequireKeyAnOrderWithoutOneIsRefused(Lab lab) {
        Api api = lab.api("--require-key");
        Answer without = api.post(Api.order("c"));
        problem(without, 400, "Idempotency-Key");
        assertThat(without.body().path("type").asText()).isEqualTo("/problems/missing-idempotency-key");
        assertThat(api.get("/problems/missing-idempotency-key").body().path("title").asText())
                .isEqualTo(without.body().path("title").asText());
        assertThat(api.post(Api.order("c"), "Idempotency-Key", "\"k\"").status()).isEqualTo(201);
        Answer again = api.post(Api.order("c"), "Idempotency-Key", "k");
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        problem(api.post(Api.order("other"), "Idempotency-Key", "k"), 422, "another order");
    }

    @Test
    void theLogHasEachStepAndNoRequestCanForgeALine(Lab lab) throws Exception {
        Api api = lab.api("--log-file", "logs/app.log", "--verbose");
        lab.consumer("--log-file", "logs/app.log", "--verbose");
        api.post(Api.order("evil\\u001b[2J\\nFAKE INFO line\\u202e"));
        api.post(Api.order("customer123"), "Idempotency-Key", "k");
        api.post(Api.order("customer123"), "Idempotency-Key", "k");
        lab.awaitCaughtUp();
        lab.stopAll();
        String log = Files.readString(lab.folder().resolve("logs/app.log"));
        assertThat(log).contains("received order", "no idempotency key", "acknowledged",
                "was already sent: not sent again",
                "processing order", "processed order", "committed");
        assertThat(log).contains("\\u001b[2J\\u000aFAKE INFO line\\u202e").doesNotContain("\u001b", "\u202e", "\nFAKE");
    }

    @Test
    void invalidOptionsAreRefusedBeforeAnythingIsStarted(Lab lab) {
        for (String[] option : List.of(new String[] {"--acks", "2"}, new String[] {"--timeout-ms", "99"},
                new String[] {"--max-orders", "-1"})) {
            Ended run = lab.runInSeries("OrderApi", Lab.with(option, "--port", "0"));
            assertThat(run.exitCode()).as(run.tail()).isEqualTo(2);
            assertThat(run.err()).contains(option[0]).hasLineCount(1);
        }
    }

    @Test
    void theLogRotatesAtTenMegabytesAndUnsafeSwitchesAreLogged(Lab lab) throws Exception {
        Path log = Files.createDirectories(lab.folder()).resolve("kafka_app.log");
        Files.writeString(log, String.join("", Collections.nCopies(10_000_000 / 50, "x".repeat(49) + "\n")));
        Api api = lab.api("--acks", "0");
        assertThat(api.process().err()).contains("UNSAFE: --acks 0", "UNSAFE: without the idempotent producer");
        Answer sent = api.post(Api.order("c"));
        assertThat(sent.status()).isEqualTo(201);
        await("what it did with the order").until(() -> api.process().err().contains(sent.orderId()));
        assertThat(api.process().err()).contains("nobody acknowledged it").doesNotContain("acknowledged: ", "@-1");
        await("the log rotated").until(() -> Files.exists(lab.folder().resolve("kafka_app.log.1")));
        assertThat(Files.size(log)).isLessThan(10_000);
        assertThat(Files.size(lab.folder().resolve("kafka_app.log.1"))).isGreaterThanOrEqualTo(10_000_000);

        Running consumer = lab.consumer(
                "--dedup", "none", "--auto-commit", "--no-dlq", "--ordering", "none", "--concurrency", "1",
                "--on-conflict", "skip");
        await("warnings")
                .until(() ->
                        List.of("--dedup none", "--auto-commit", "--no-dlq", "--ordering none", "--concurrency 1",
                                "--on-conflict skip")
                                .stream()
                                .allMatch(s -> consumer.err().contains("UNSAFE: " + s)));
    }
}
