package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.swagger.v3.parser.OpenAPIV3Parser;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lab.Api;
import lab.Kafka;
import lab.Lab;
import lab.fixtures.Contract;
import lab.fixtures.LabExtension;
import lab.fixtures.OwnBroker;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The API does what its /openapi.json says, and nothing that it does not say. */
@Execution(ExecutionMode.SAME_THREAD) // one of them kills the broker
class ContractProof {
    @RegisterExtension
    static final LabExtension ON_ITS_OWN_BROKER = new LabExtension(folder -> new OwnBroker(folder));

    private static final String ORDERS = "/orders";
    private static final String ORDER = "/orders/{order_id}";

    @Test
    void theContractIsOpenApiAndItsSchemasAndExamplesAreRight(Lab lab) {
        Api api = lab.api();
        Contract contract = new Contract(api);
        var read = new OpenAPIV3Parser().readContents(contract.text(), List.of(), null);
        assertThat(read.getMessages()).isEmpty();
        assertThat(read.getOpenAPI().getOpenapi()).startsWith("3.1");
        assertThat(contract.wrongSchemas()).isEmpty();
        assertThat(contract.examples()).hasSizeGreaterThan(10).allSatisfy(example -> {
            assertThat(contract.wrong(example)).isEmpty();
            if (example.at().endsWith("problem+json")) {
                JsonNode problem = example.value();
                assertThat(example.at()).contains("/responses/" + problem.path("status") + "/");
                assertThat(problem.properties())
                        .containsAll(api.get(problem.path("type").asText()).body().properties());
            }
        });
    }

    // --- responses ------------------------------------------------------------------------------------------------

    @Test
    void theResponsesAreExactlyThoseThatTheContractLists(Lab lab, OwnBroker broker) {
        Api api = lab.api("--max-body-bytes", "2000", "--timeout-ms", "3000");
        Contract contract = new Contract(api);

        String accepted = place(contract, api, "customer123", "a");
        assertThat(contract.send(api, ORDERS, order(api, "customer123", "a")).headers()
                .firstValue("Idempotent-Replayed")).contains("true");
        String refused = place(contract, api, "customerf", "b");
        assertThat(state(contract, api, accepted)).isEqualTo("accepted");
        lab.consumer();
        await("outcomes").atMost(Duration.ofSeconds(30)).until(() -> state(contract, api, accepted).equals("processed")
                && state(contract, api, refused).equals("dead-lettered"));
        status(404, contract.send(api, ORDER, api.request("/orders/unknown").GET()));

        status(400, contract.send(api, ORDERS, post(api, "not JSON")));
        status(400, contract.send(api, ORDERS, order(api, "customer123", "\"unclosed")));
        status(413, contract.send(api, ORDERS, post(api, "x".repeat(3000))));
        status(415, contract.send(api, ORDERS, order(api, "c", "c").setHeader("Content-Type", "text/plain")));
        status(422, contract.send(api, ORDERS, post(api, "{\"items\":[{}]}")));
        status(422, contract.send(api, ORDERS, order(api, "another", "a")));

        contract.send(api, "/problems/{name}", api.request("/problems/invalid-order").GET());
        status(404, contract.send(api, "/problems/{name}", api.request("/problems/none").GET()));
        for (String path : List.of("/", "/health", "/docs", "/openapi.json")) {
            status(200, contract.send(api, path, api.request(path).GET()));
        }

        anErrorOutsideOfAllOperationsIsAlsoAProblem(contract, api);
        status(400, contract.send(api, ORDER, api.request("/orders/x?wait=soon").GET()));
        withoutKafka(contract, api, broker);
        Api starting = lab.api("--connect-interval-ms", "200"); // for a Kafka that is away
        await("it knows that").atMost(Duration.ofSeconds(20)).until(() ->
                contract.send(starting, ORDER, starting.request("/orders/x").GET()).statusCode() == 503);
        assertThat(contract.met()).as("all that the contract lists was received").isEqualTo(contract.answers());
    }

    private static void withoutKafka(Contract contract, Api api, OwnBroker broker) {
        broker.freeze();
        status(504, contract.send(api, ORDERS, order(api, "c", "during")));
        broker.kill9();
        await("the API sees that the broker is gone").atMost(Duration.ofSeconds(20))
                .until(() -> contract.send(api, "/health", api.request("/health").GET()).statusCode() == 503);
        status(503, contract.send(api, ORDERS, order(api, "c", "after")));
    }

    /** Places an order and returns its id, after finding it where the response says. */
    private static String place(Contract contract, Api api, String customer, String key) {
        HttpResponse<byte[]> created = contract.send(api, ORDERS, order(api, customer, key));
        status(201, created);
        String location = created.headers().firstValue("Location").orElseThrow();
        status(200, contract.send(api, ORDER, api.request(location).GET()));
        return Kafka.json(created.body()).path("order_id").asText();
    }

    private static String state(Contract contract, Api api, String orderId) {
        return Kafka.json(contract.send(api, ORDER, api.request("/orders/" + orderId).GET()).body()).path("status")
                .asText();
    }

    private static HttpRequest.Builder order(Api api, String customer, String key) {
        return post(api, Api.order(customer)).header("Idempotency-Key", key);
    }

    private static HttpRequest.Builder post(Api api, String body) {
        return api.request(ORDERS).header("Content-Type", "application/json").POST(BodyPublishers.ofString(body));
    }

    private static void status(int expected, HttpResponse<byte[]> response) {
        assertThat(response.statusCode()).as(Kafka.text(response.body())).isEqualTo(expected);
    }

    private static void anErrorOutsideOfAllOperationsIsAlsoAProblem(Contract contract, Api api) {
        for (HttpRequest.Builder request : List.of(api.request("/nothing").GET(), api.request(ORDERS).GET(),
                api.request("/health").DELETE())) {
            HttpResponse<byte[]> response = api.fetch(request);
            assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
            assertThat(contract.wrong("Problem", Kafka.text(response.body()))).isEmpty();
        }
    }

    // --- requests -------------------------------------------------------------------------------------------------

    private static final String VALID = """
            {"customer_id":"c","items":[{"product_id":"p","quantity":2,"price":29.99}],"total_amount":59.98}""";
    private static final String ITEM = "{\"product_id\":\"p\",\"quantity\":2,\"price\":29.99}";

    /** Bodies about which schema and API have to agree. */
    private static Stream<String> bodies() {
        return Stream.of(
                        Stream.of(VALID, "{}", "[]", "null", "7", with("unknown", "{\"a\":[1]}")),
                        Stream.of("null", "7", "\"\"", "\" \\t\\u2003\"", "\"\\u00a0\"", "\"" + "x".repeat(256) + "\"",
                                "\"" + "x".repeat(255) + "\"", "\"" + "\\ud83d\\ude00".repeat(255) + "\"",
                                "\"" + "\\ud83d\\ude00".repeat(256) + "\"").flatMap(text ->
                                Stream.of(VALID.replace("\"c\"", text), VALID.replace("\"p\"", text),
                                        with("order_id", text))),
                        Stream.of("null", "\"1\"", "0", "-0.0", "-1", "0.1", "1e3", "1.0000000", "0.000001",
                                "999999999999999.999999", "1e15", "1000000000000000", "1e400", "0e99").flatMap(money ->
                                Stream.of(VALID.replace("59.98", money), VALID.replace("29.99", money))),
                        Stream.of("null", "\"2\"", "0", "-1", "1.0", "1e2", "1.5", "2147483647", "2147483648",
                                "99999999999999999999").map(number -> VALID.replace(":2,", ":" + number + ",")),
                        Stream.of("null", "{}", "[]", "[null]", "[7]", "[[]]", "[{}]", list(1000), list(1001))
                                .map(items -> VALID.replace(list(1), items)),
                        Stream.of("null", "7", "\"\"", "\"yesterday\"", "\"2026-01-31\"", "\"2026-01-31 12:00:00Z\"",
                                "\"2026-01-31T12:00\"", "\"2026-01-31T12:00:00.123456\"", "\"2026-01-31T12:00:00Z\"",
                                "\"2026-01-31T12:00:00+05:30\"", "\"2026-01-31T24:00:00Z\"", "\"2026-13-01T12:00:00Z\"",
                                "\"2026-01-31T12:00:60Z\"", "\"2026-01-31T12:00:00+18:01\"",
                                "\"2026-01-31T12:00:00Z\\n\"", "\"2026-01-31T12:00:00+01:00[Europe/Paris]\"",
                                "\"+12026-01-31T12:00:00Z\"", "\"-0044-03-15T12:00:00Z\"", "\"2026-01-31t12:00:00z\"",
                                "\"2026-01-31T12:00:00+01:00:30\"").map(time -> with("timestamp", time)),
                        Stream.of("null", "7", "\"\"", "\"  \"", "\"k-1\"", "\"\\u00e9\"", "\"k\\n\"",
                                "\"" + "k".repeat(255) + "\"", "\"" + "k".repeat(256) + "\"")
                                .map(key -> with("idempotency_key", key)))
                .flatMap(bodies -> bodies);
    }

    /** What the API refuses although the schema accepts it: JSON Schema cannot express it. */
    private static final Map<String, String> BEYOND_THE_SCHEMA = Map.of(
            "a day that its month does not have", with("timestamp", "\"2026-02-30T12:00:00Z\""),
            "more than six decimals", VALID.replace("59.98", "0.0000001"),
            "far too many decimals", VALID.replace("59.98", "1e-400"),
            "half a surrogate pair", VALID.replace("\"c\"", "\"\\ud800\""),
            "nested too deeply, even where it is left out", with("unknown", "[".repeat(40) + "]".repeat(40)),
            "a number of too many digits, even there", with("unknown", "1".repeat(101)));

    private static String with(String field, String value) {
        return VALID.replace("{\"cust", "{\"" + field + "\":" + value + ",\"cust");
    }

    private static String list(int items) {
        return "[" + String.join(",", Collections.nCopies(items, ITEM)) + "]";
    }

    @Test
    void theSchemaOfAnOrderAcceptsWhatTheApiAccepts(Lab lab) {
        Api api = lab.api();
        Contract contract = new Contract(api);
        SoftAssertions softly = new SoftAssertions();
        bodies().forEach(body -> softly.assertThat(taken(api, body)).as("%.300s", body)
                .isEqualTo(contract.wrong("NewOrder", body).isEmpty()));
        BEYOND_THE_SCHEMA.forEach((why, body) -> softly.assertThat(taken(api, body)).as(why).isFalse()
                .isNotEqualTo(contract.wrong("NewOrder", body).isEmpty()));
        softly.assertAll();
    }

    /** Validators in most languages compute in doubles, where 0.07 does not divide by 0.000001. */
    @Test
    void aValidatorThatComputesInDoublesAcceptsEveryPrice(Lab lab) {
        List<Double> steps = lab.api().get("/openapi.json").body().findValues("multipleOf").stream()
                .map(JsonNode::asDouble).toList();
        assertThat(IntStream.range(1, 10_000).mapToDouble(cents -> cents / 100.0).boxed())
                .allSatisfy(price -> assertThat(steps).allSatisfy(step -> assertThat(price / step % 1).isZero()));
    }

    private static boolean taken(Api api, String body) {
        int status = api.post(body).status();
        assertThat(status).as(body).isIn(201, 400, 422);
        return status == 201;
    }
}
