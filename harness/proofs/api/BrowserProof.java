package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.AriaRole;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import lab.Api;
import lab.Kafka;
import lab.Lab;
import lab.fixtures.Browser;
import lab.fixtures.Browser.Tab;
import lab.fixtures.LabExtension;
import lab.fixtures.Needs;
import lab.fixtures.Tool;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The API can be tried out in its /docs, in a browser that can reach nothing else. */
@Needs(Tool.BROWSER)
@ExtendWith(LabExtension.class)
class BrowserProof {

    @Test
    void anOrderPlacedInTheDocsIsWhereTheyShowIt(Lab lab, Browser browser) {
        try (Tab docs = docs(lab, browser)) {
            Operation place = new Operation(docs, "placeOrder");
            JsonNode example = Kafka.json(Kafka.bytes(place.body().inputValue()));
            Shown placed = place.execute();
            assertThat(placed.status()).isEqualTo("201");
            isTheOnlyRecord(lab, placed, example);

            String id = placed.body().path("order_id").asText();
            Shown state = new Operation(docs, "orderState").with("order_id", id).execute();
            assertThat(state.status()).isEqualTo("200");
            assertThat(state.body().path("order_id").asText()).isEqualTo(id);
            assertThat(state.body().path("status").asText()).isEqualTo("accepted");

            Shown next = place.with(Api.order("customer124")).execute(); // an example's key would be used by now
            assertThat(next.status()).as(next.toString()).isEqualTo("201");
            isSound(docs);
        }
    }

    @Test
    void aKeyGivenInTheDocsIsOneOrder(Lab lab, Browser browser) {
        String order = Api.order("customer123").replaceFirst("\\{", "{\"order_id\":\"Bücher & mehr/4711?\",");
        try (Tab docs = docs(lab, browser)) {
            Operation place = new Operation(docs, "placeOrder").with("Idempotency-Key", "a key of mine").with(order);
            Shown first = place.execute();
            isTheOnlyRecord(lab, first, json(order));

            Shown again = place.execute();
            assertThat(again.status()).isEqualTo("201");
            assertThat(again.headers()).contains("idempotent-replayed: true");
            assertThat(again.body().path("kafka_metadata")).isEqualTo(first.body().path("kafka_metadata"));
            isTheOnlyRecord(lab, again, json(order));

            Shown state = new Operation(docs, "orderState").with("order_id", "Bücher & mehr/4711?").execute();
            assertThat(state.body().path("status").asText()).isEqualTo("accepted");
            isSound(docs);
        }
    }

    @Test
    void theDocsShowWhatIsWrongWithAnOrder(Lab lab, Browser browser) {
        try (Tab docs = docs(lab, browser)) {
            Shown refused = new Operation(docs, "placeOrder").with("{\"customer_id\":7,\"items\":[]}").execute();
            assertThat(refused.status()).isEqualTo("422");
            assertThat(refused.headers()).contains("content-type: application/problem+json");
            assertThat(refused.body().path("errors")).extracting(error -> error.path("field").asText())
                    .containsExactlyInAnyOrder("customer_id", "items", "total_amount");
            assertThat(lab.kafka().records(lab.events)).isEmpty();
            assertThat(docs.elsewhere()).isEmpty();
            assertThat(docs.complaints()).singleElement().asString().contains("status of 422");
        }
    }

    /** A request that a page may send without asking has no Content-Type, or one of a form. */
    @Test
    void aPageOfAnotherSiteCanPlaceNoOrder(Lab lab, Browser browser) throws Exception {
        Api api = lab.api();
        assertThat(api.post(Api.order("c")).status()).isEqualTo(201);
        AtomicInteger asked = new AtomicInteger();
        HttpServer hostile = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        hostile.createContext("/", exchange -> {
            try (exchange) {
                asked.addAndGet(exchange.getRequestURI().getPath().equals("/done") ? 1 : 0);
                byte[] page = Kafka.bytes("""
                        <link rel="icon" href="data:,">
                        <script>
                          const order = '%s', to = '%s/orders/', all = [];
                          for (const body of [new Blob([order]), new TextEncoder().encode(order), order])
                            all.push(fetch(to, {method: 'POST', mode: 'no-cors', body}).catch(() => {}));
                          navigator.sendBeacon(to, new Blob([order]));
                          all.push(fetch(to, {method: 'POST', headers: {'Content-Type': 'application/json'},
                              body: order}).catch(() => {}));
                          Promise.all(all).then(() => fetch('/done'));
                        </script>
                        """.formatted(Api.order("c"), api.uri()));
                exchange.getResponseHeaders().set("Content-Type", "text/html");
                exchange.sendResponseHeaders(200, page.length);
                exchange.getResponseBody().write(page);
            }
        });
        hostile.start();
        URI address = URI.create("http://127.0.0.1:" + hostile.getAddress().getPort());
        try (Tab tab = browser.open(address, lab.folder().resolve("hostile.png"))) {
            await("the page has done its worst").atMost(Duration.ofSeconds(30)).until(() -> asked.get() == 1);
        } finally {
            hostile.stop(0);
        }
        assertThat(lab.kafka().records(lab.events)).as("only the order of before").hasSize(1);
    }

    /** Otherwise the proofs above prove nothing. */
    @Test
    void requestsToOtherHostsAndErrorsAreFound(Lab lab, Browser browser) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                byte[] page = Kafka.bytes("""
                        <meta http-equiv="Content-Security-Policy" content="style-src 'none'">
                        <link rel="icon" href="data:,">
                        <script src="https://cdn.example/ui.js"></script><script src="http://127.0.0.2/"></script>
                        <style>p { color: red }</style>
                        <script>noSuchThing()</script>
                        """);
                exchange.getResponseHeaders().set("Content-Type", "text/html");
                exchange.sendResponseHeaders(200, page.length);
                exchange.getResponseBody().write(page);
            }
        });
        server.start();
        URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        try (Tab tab = browser.open(address, lab.folder().resolve("page.png"))) {
            assertThat(tab.elsewhere()).containsExactly("GET https://cdn.example/ui.js", "GET http://127.0.0.2/");
            assertThat(String.join("\n", tab.complaints())).contains("net::ERR_NAME_NOT_RESOLVED",
                    "Content Security Policy", "noSuchThing is not defined");
        } finally {
            server.stop(0);
        }
    }

    // --- the docs -------------------------------------------------------------------------------------------------

    private static Tab docs(Lab lab, Browser browser) {
        return browser.open(lab.api().uri().resolve("/docs"), lab.folder().resolve("docs.png"));
    }

    /** The page requested nothing from elsewhere, and nothing in it failed. */
    private static void isSound(Tab docs) {
        assertThat(docs.elsewhere()).isEmpty();
        assertThat(docs.complaints()).isEmpty();
    }

    private static void isTheOnlyRecord(Lab lab, Shown placed, JsonNode order) {
        List<ConsumerRecord<byte[], byte[]>> records = lab.kafka().records(lab.events);
        assertThat(records).hasSize(1);
        ConsumerRecord<byte[], byte[]> record = records.getFirst();
        JsonNode metadata = placed.body().path("kafka_metadata");
        assertThat(metadata.path("topic").asText()).isEqualTo(record.topic());
        assertThat(metadata.path("partition").asInt(-1)).isEqualTo(record.partition());
        assertThat(metadata.path("offset").asLong(-1)).isEqualTo(record.offset());
        assertThat(placed.body().path("order_id").asText()).isEqualTo(Kafka.text(record.key()));
        JsonNode written = Kafka.json(record.value());
        assertThat(order.properties()).isNotEmpty()
                .allSatisfy(field -> assertThat(written.path(field.getKey())).isEqualTo(field.getValue()));
    }

    private static JsonNode json(String text) {
        return Kafka.json(Kafka.bytes(text));
    }

    /** What the page shows as the server's response. */
    private record Shown(String status, String headers, JsonNode body) {
    }

    /** An operation of the API, unfolded, ready to be tried out. */
    private record Operation(Tab docs, Locator box) {
        Operation(Tab docs, String operationId) {
            this(docs, docs.page().locator(".opblock[id$=-" + operationId + "]"));
            box.locator(".opblock-summary-control").click();
        }

        Locator body() {
            return box.getByRole(AriaRole.TEXTBOX).and(box.locator("textarea"));
        }

        Operation with(String body) {
            body().fill(body);
            return this;
        }

        Operation with(String parameter, String value) {
            box.getByPlaceholder(parameter, new Locator.GetByPlaceholderOptions().setExact(true)).fill(value);
            return this;
        }

        Shown execute() {
            Locator response = box.locator(".live-responses-table");
            if (response.isVisible()) { // of the last request
                button("Clear").click();
            }
            button("Execute").click();
            String status = response.locator("tbody .response-col_status").innerText();
            List<String> bodyAndHeaders = response.locator("pre").allInnerTexts();
            assertThat(bodyAndHeaders).as("%s %s", response.innerText(), docs.complaints()).hasSize(2);
            return new Shown(status, bodyAndHeaders.getLast(), json(bodyAndHeaders.getFirst()));
        }

        private Locator button(String name) {
            return box.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName(name).setExact(true));
        }
    }
}
