///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Tries to break the parsing of orders with unexpected bytes: jbang OrderFuzz.java -max_total_time=20
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS com.code-intelligence:jazzer:0.30.0
//SOURCES ../../scripts/api/package-info.java
//SOURCES ../../scripts/cli/package-info.java
//SOURCES ../../scripts/cluster/package-info.java
//SOURCES ../../scripts/http/package-info.java
//SOURCES ../../scripts/messages/package-info.java
//SOURCES ../../scripts/orders/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xmx512m -XX:+EnableDynamicAgentLoading --enable-native-access=ALL-UNNAMED

import api.IdempotencyKey;
import com.code_intelligence.jazzer.Jazzer;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import http.HttpProblem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import messages.Json;
import orders.InvalidOrder;
import orders.Order;

/**
 * Can any bytes make the parsing of an order fail with an exception that it does not declare? Jazzer changes its inputs
 * so that they reach more code, and ends with the first one that throws what is not allowed here.
 */
public class OrderFuzz {
    private static final int MOST_REPLACED = 16; // bytes
    private static final JsonNode ORDER = json("""
            {"order_id":"o-1","customer_id":"c","items":[{"product_id":"p","quantity":2,"price":29.99}],\
            "total_amount":59.98,"timestamp":"2026-01-31T12:00:00Z","idempotency_key":null}""");
    private static final List<JsonPointer> PLACES = Stream.of("/order_id", "/customer_id", "/items", "/items/0",
            "/items/0/product_id", "/items/0/quantity", "/items/0/price", "/total_amount", "/timestamp",
            "/idempotency_key").map(JsonPointer::compile).toList();
    private static final List<JsonNode> VALUES = Stream.of("null", "true", "0", "-1", "2.0", "1e3", "0.1000000",
            "1e999999999", "1e-999999999", "99999999999999999999", "\"\"", "\"x\"", "\"\\ud800\"", "[]", "[null]", "{}",
            "\"2026-02-30T12:00:00Z\"", "\"+999999999-12-31T23:59:59.999999999+18:00\"").map(OrderFuzz::json).toList();

    /** Runs Jazzer on this class; arguments are libFuzzer's and folders of inputs. */
    public static void main(String... args) throws Exception {
        Jazzer.main(Stream.concat(
                        Stream.of("--target_class=OrderFuzz",
                                "--instrumentation_includes=api.**:http.**:orders.**:com.fasterxml.jackson.core.**"),
                        Stream.of(args))
                .toArray(String[]::new));
    }

    public static void fuzzerTestOneInput(byte[] bytes) {
        try {
            anOrderIsTheSameWhenItIsWrittenAndReadAgain(Json.read(bytes));
        } catch (JsonProcessingException e) {
            // as declared
        }
        anOrderIsTheSameWhenItIsWrittenAndReadAgain(replaced(bytes));
        aKeyIsTheSameWhenItIsQuoted(new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("[\r\n]", " "));
    }

    /** The order with other values: two bytes choose a place and a value. Changes byte by byte would rarely do that. */
    private static JsonNode replaced(byte[] bytes) {
        JsonNode order = ORDER.deepCopy();
        for (int i = 0; i + 1 < Math.min(bytes.length, MOST_REPLACED); i += 2) {
            JsonPointer place = PLACES.get(Byte.toUnsignedInt(bytes[i]) % PLACES.size());
            JsonNode value = VALUES.get(Byte.toUnsignedInt(bytes[i + 1]) % VALUES.size()).deepCopy();
            JsonNode parent = order.at(place.head());
            if (parent instanceof ObjectNode object) {
                object.set(place.last().getMatchingProperty(), value);
            } else if (parent instanceof ArrayNode array && !array.isEmpty()) {
                array.set(0, value);
            }
        }
        return order;
    }

    private static void anOrderIsTheSameWhenItIsWrittenAndReadAgain(JsonNode json) {
        Order order;
        try {
            order = Order.from(json);
        } catch (InvalidOrder e) {
            return; // as declared
        }
        Order again;
        try {
            again = Order.from(Json.read(Json.bytes(order)));
        } catch (JsonProcessingException | InvalidOrder e) {
            throw new AssertionError("an order that we wrote cannot be read: " + order, e);
        }
        if (!again.equals(order) || !again.contentDigest().equals(order.contentDigest())) {
            throw new AssertionError(order + " came back as " + again);
        }
    }

    private static void aKeyIsTheSameWhenItIsQuoted(String header) {
        String key;
        try {
            key = key(header);
        } catch (HttpProblem e) {
            return; // as declared
        }
        if (!key.equals(key("\"" + key.replaceAll("[\"\\\\]", "\\\\$0") + "\""))) {
            throw new AssertionError(key + " is another key when it is quoted");
        }
    }

    private static String key(String header) {
        Headers headers = new Headers();
        headers.set("Idempotency-Key", header);
        return IdempotencyKey.of(headers, Json.MAPPER.createObjectNode());
    }

    private static JsonNode json(String text) {
        try {
            return Json.read(text.getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
