///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Tries to break the reading of orders with bytes nobody thought of: jbang OrderFuzz.java -max_total_time=20
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS com.github.ben-manes.caffeine:caffeine:3.3.1
//DEPS org.apache.kafka:kafka-clients:4.3.1
//DEPS com.code-intelligence:jazzer:0.30.0
//SOURCES ../../scripts/orders/*.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Xmx512m -XX:+EnableDynamicAgentLoading --enable-native-access=ALL-UNNAMED

import com.code_intelligence.jazzer.Jazzer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.sun.net.httpserver.Headers;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import orders.HttpProblem;
import orders.IdempotencyKey;
import orders.InvalidOrder;
import orders.Json;
import orders.Order;

/**
 * Can any bytes make the reading of an order fail in another way than it says? Jazzer changes its inputs so that they
 * reach code not reached before, and ends with the first one that throws what is not allowed here.
 */
public class OrderFuzz {

    /** Runs Jazzer on this class; arguments are libFuzzer's and folders of inputs. */
    public static void main(String... args) throws Exception {
        Jazzer.main(Stream.concat(
                        Stream.of("--target_class=OrderFuzz",
                                "--instrumentation_includes=orders.**:com.fasterxml.jackson.core.**"),
                        Stream.of(args))
                .toArray(String[]::new));
    }

    public static void fuzzerTestOneInput(byte[] bytes) {
        whatIsReadIsTheSameWhenItIsWrittenAndReadAgain(bytes);
        aKeyIsTheSameWhenItIsQuoted(new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("[\r\n]", " "));
    }

    private static void whatIsReadIsTheSameWhenItIsWrittenAndReadAgain(byte[] bytes) {
        Order order;
        try {
            order = Order.from(Json.read(bytes));
        } catch (JsonProcessingException | InvalidOrder e) {
            return; // as it should be said
        }
        Order again;
        try {
            again = Order.from(Json.read(Json.bytes(order)));
        } catch (JsonProcessingException | InvalidOrder e) {
            throw new AssertionError("what we write ourselves we do not read: " + order, e);
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
            return; // as it should be said
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
}
