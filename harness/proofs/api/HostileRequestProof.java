package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lab.Api;
import lab.Lab;
import lab.fixtures.LabExtension;
import lab.fixtures.RawHttp;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What clients really send: each request gets the expected status, none stops the API or gets a stack trace, and no
 * refused order is in the topic.
 */
@ExtendWith(LabExtension.class)
class HostileRequestProof {
    private static final Integer[] CLOSED = {};
    private static final String ITEM = "{\"product_id\":\"p\",\"quantity\":1,\"price\":1}";
    private static final String ORDER = order("customer_id", "\"c\"");

    private record Request(byte[] bytes, List<Integer> statuses) {
    }

    private final Map<String, Request> requests = new LinkedHashMap<>();

    @Test
    void eachRequestGetsItsStatusAndTheApiKeepsRunning(Lab lab) throws IOException {
        thatAreNotJson();
        thatAreNotAnOrder();
        inAnotherEncoding();
        withKeys();
        forOtherAddressesAndMethods();
        thatAreBadHttp();
        assertThat(requests).hasSizeGreaterThan(120);

        Api api = lab.api();
        SoftAssertions all = new SoftAssertions();
        long created = 0;
        for (Map.Entry<String, Request> request : requests.entrySet()) {
            String answers = RawHttp.exchange(api.uri(), request.getValue().bytes);
            all.assertThat(RawHttp.statuses(answers)).as(request.getKey() + "\n" + answers)
                    .isEqualTo(request.getValue().statuses);
            all.assertThat(answers).as(request.getKey()).doesNotContain("\nX-Evil", "\tat ", ".java:");
            created += Collections.frequency(RawHttp.statuses(answers), 201);
        }
        all.assertAll();
        assertThat(requests.values()).flatExtracting(Request::statuses).filteredOn(status -> status >= 500)
                .as("only what RFC 9112, 6.1 requires").containsOnly(501);
        isRefusedBeforeTheBodyArrives(api);
        assertThat(api.post(Api.order("c")).status()).as("the API still runs").isEqualTo(201);
        assertThat(lab.kafka().records(lab.events)).as("nothing refused was sent").hasSize((int) created + 1);
        assertThat(api.process().err()).doesNotContain("Exception", "\tat ", "\u001b[2J", "\u0000");
    }

    private static void isRefusedBeforeTheBodyArrives(Api api) throws IOException {
        try (Socket socket = new Socket(api.uri().getHost(), api.uri().getPort())) {
            socket.setSoTimeout(5_000); // half of the time limit of a request
            socket.getOutputStream().write(RawHttp.request("POST /nowhere HTTP/1.1", "{", "Content-Length: 200000"));
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 404");
        }
    }

    private void thatAreNotJson() {
        for (String body : List.of("", " ", "\n\n", "not json", "{", "}", "{}{}", "{} x", "[1", "{\"a\":}", "{'a':1}",
                "{a:1}", "{\"a\":1,}", "//\n{}", "{\"a\":1,\"a\":2}", "NaN", "<order/>", "customer_id=c", "\u0000",
                "[".repeat(5_000), "{\"a\":".repeat(5_000), "[" + "1".repeat(2_000) + "]", "{\"a\":\"\u0001\"}",
                "{\"a\":\"line\nfeed\"}", "{\"a\":\"\\u12\"}",
                "{\"a\":\"\\x\"}", "{\"a\":\"\u0000\"}", "{\"a\":tru}")) {
            body(body, 400);
        }
        for (String number : List.of("NaN", "Infinity", "-Infinity", "0x10", "01", "+1", ".5", "1.", "1e", "--1")) {
            body(order("total_amount", number), 400);
        }
        bytes("invalid UTF-8", "{\"customer_id\":\"\u00c3\u0028\"}".getBytes(StandardCharsets.ISO_8859_1), 400);
        bytes("overlong UTF-8", "{\"customer_id\":\"\u00c0\u00af\"}".getBytes(StandardCharsets.ISO_8859_1), 400);
        bytes("Latin 1", "{\"customer_id\":\"J\u00fcrgen\"}".getBytes(StandardCharsets.ISO_8859_1), 400);
        bytes("UTF-16", ORDER.getBytes(StandardCharsets.UTF_16), 400);
        bytes("a surrogate in UTF-8",
                "{\"customer_id\":\"\u00ed\u00a0\u0080\"}".getBytes(StandardCharsets.ISO_8859_1), 400);
        bytes("a body over the limit", new byte[300_000], 413);
    }

    private void thatAreNotAnOrder() {
        for (String body : List.of("[]", "[{}]", "\"order\"", "1", "true", "null", "{}", "{\"order\":" + ORDER + "}")) {
            body(body, 422);
        }
        String tooLong = "\"" + "x".repeat(256) + "\"";
        for (String text : List.of("7", "null", "\"\"", "\"  \"", "{}", "[\"c\"]", "true", tooLong, "\"\\ud800\"",
                "\"\\udc00\\ud800\"")) {
            body(order("customer_id", text), 422);
        }
        for (String id : List.of("7", "\"\"", tooLong, "[]", "\"\\ud800\"", "\".\"", "\"..\"")) {
            body(order("order_id", id), 422);
        }
        for (String items : List.of("null", "{}", "[]", "\"x\"", "[null]", "[5]", "[[]]", "[{}]", "[" + ITEM + ",{}]",
                "[" + String.join(",", Collections.nCopies(1_001, ITEM)) + "]")) {
            body(order("items", items), 422);
        }
        for (String quantity : List.of("0", "-1", "1.5", "\"1\"", "2147483648", "99999999999999999999",
                "true", "null")) {
            body(order("items", "[{\"product_id\":\"p\",\"quantity\":" + quantity + ",\"price\":1}]"), 422);
        }
        for (String money : List.of("-0.01", "\"59.98\"", "null", "true", "{}", "1e999999", "-1e999999", "1e-999999",
                "1e16", "0.0000001", "9".repeat(90))) {
            body(order("total_amount", money), 422);
        }
        for (String time : List.of("5", "\"\"", "\"yesterday\"", "\"2026-13-01T00:00:00Z\"", "\"2026-01-31\"", "{}")) {
            body(order("timestamp", time), 422);
        }
        for (String customer : List.of("\u202eevil", "\ud83d\udca5", "\\u001b[2J", "a\\u0000b", "a\\r\\nX-Evil: 1")) {
            body(order("customer_id", "\"" + customer + "\""), 201);
        }
        body(order("order_id", "\"a\\r\\nX-Evil: 1\""), 201); // it is in the Location of the response
        body(order("unknown", "[[[[1]]]]"), 201);
        bytes("UTF-8 with a byte order mark", ("\ufeff" + ORDER).getBytes(StandardCharsets.UTF_8), 201);
    }

    private void inAnotherEncoding() {
        for (String type : List.of("text/plain", "application/xml", "multipart/form-data; boundary=x",
                "application/x-www-form-urlencoded", "application/jsonp", "application/problem+json", ";", "json")) {
            header("Content-Type: " + type, 415);
        }
        for (String type : List.of("application/json; charset=utf-8", "APPLICATION/JSON", "application/json;x=\"y\"")) {
            header("Content-Type: " + type, 201);
        }
        header("Content-Encoding: gzip", 415);
        header("Content-Encoding: br", 415);
    }

    private void withKeys() {
        String tooLong = "k".repeat(256);
        for (String key : List.of("", " ", "\"\"", "\"unclosed", "\"a\"b\"", tooLong, "\"" + tooLong + "\"", "k\u0001k",
                "k\u00fc", "\"a\\b\"")) {
            header("Idempotency-Key: " + key, 400);
        }
        header("Idempotency-Key: bare", 201);
        header("Idempotency-Key: \"quoted \\\" and \\\\\"", 201);
        header("Idempotency-Key: \"" + "k".repeat(255) + "\"", 201);
        for (String key : List.of("7", "\"\"", "{}", "\"\\u0000\"", "true")) {
            body(order("idempotency_key", key), 400);
        }
        raw("two keys that differ", RawHttp.post(utf8(ORDER), "Idempotency-Key: a", "Idempotency-Key: b"), 400);
    }

    private void forOtherAddressesAndMethods() {
        for (String line : List.of("GET /nothing", "GET /orders/unknown", "GET /orders/%00", "GET /orders/%ff",
                "GET /docs/../../etc/passwd", "GET /docs/%2e%2e%2fopenapi.json", "GET /docs/x.css", "GET /*",
                "GET /problems/none", "GET /orders//x", "GET /orders//", "GET /orders///", "GET /docs//x",
                "GET /problems//x", "GET /orders/%2F", "POST /", "GET /" + "x".repeat(10_000))) {
            line(line + " HTTP/1.1", line.equals("POST /") ? 405 : 404);
        }
        for (String line : List.of("GET /orders", "GET /orders/", "PUT /orders", "DELETE /orders/x", "PATCH /orders/",
                "POST /orders/x", "TRACE /orders", "CONNECT /orders", "post /orders", "BREW /health", "POST /docs")) {
            line(line + " HTTP/1.1", 405);
        }
    }

    private void thatAreBadHttp() {
        raw("not HTTP at all", utf8("hello\r\n\r\n"), 400);
        raw("a TLS hello", new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3}, CLOSED);
        raw("nothing", new byte[0], CLOSED);
        raw("half a request line", utf8("POST /ord"), CLOSED);
        raw("half the headers", utf8("POST /orders HTTP/1.1\r\nContent-Le"), 400);
        line("GET", 400);
        line("GET /", 400);
        line("GET // HTTP/1.1", 400);
        line("GET /%zz HTTP/1.1", 400);
        line("GET /\u0000 HTTP/1.1", 400);
        line("GET /<script> HTTP/1.1", 400);
        raw("a header without a name", RawHttp.request("GET /health HTTP/1.1", "", "Bad Name: x"), 400);
        raw("a header over the limit", RawHttp.request("GET /health HTTP/1.1", "", "X: " + "x".repeat(20_000)), CLOSED);
        String[] many = Collections.nCopies(2_000, "X: 1").toArray(String[]::new);
        raw("too many headers", RawHttp.request("GET /health HTTP/1.1", "", many), CLOSED);
        for (String length : List.of("abc", "-1", "9223372036854775808", "1, 1", "0x10", "")) {
            raw("Content-Length: " + length, RawHttp.request("POST /orders HTTP/1.1", ORDER,
                    "Content-Length: " + length), 400);
        }
        raw("two lengths", RawHttp.request("POST /orders HTTP/1.1", ORDER, "Content-Length: 5", "Content-Length: 6"),
                400);
        raw("a length and chunks", RawHttp.request("POST /orders HTTP/1.1", "0\r\n\r\n", "Content-Length: 5",
                "Transfer-Encoding: chunked"), 400);
        raw("a body shorter than its length", RawHttp.request("POST /orders HTTP/1.1", "{", "Content-Length: 100"),
                CLOSED);
        raw("a length that is far too large", RawHttp.request("POST /orders HTTP/1.1", "{",
                "Content-Length: 9223372036854775807"), CLOSED);
        raw("a body longer than its length", RawHttp.request("POST /orders HTTP/1.1", "{}garbage\r\n\r\n",
                "Content-Length: 2"), 422, 400);
        raw("an unknown encoding", RawHttp.request("POST /orders HTTP/1.1", "", "Transfer-Encoding: gzip"),
                501);
        raw("chunks", chunked(Integer.toHexString(ORDER.length()) + "\r\n" + ORDER + "\r\n0\r\n\r\n"), 201);
        raw("a chunk without a size", chunked("zz\r\n{}\r\n0\r\n\r\n"), CLOSED);
        raw("a chunk of a negative size", chunked("-2\r\n{}\r\n0\r\n\r\n"), CLOSED);
        raw("a chunk cut off", chunked("ff\r\n{"), CLOSED);
        raw("chunks over the limit", chunked((Integer.toHexString(1_000) + "\r\n" + " ".repeat(1_000) + "\r\n")
                .repeat(300) + "0\r\n\r\n"), 413);
        raw("Expect", RawHttp.post(utf8(ORDER), "Expect: 100-continue"), 201);
        raw("pipelined", both(RawHttp.post(utf8(ORDER)), RawHttp.post(utf8(ORDER))), 201, 201);
        raw("pipelined, the second bad", both(RawHttp.post(utf8(ORDER)), utf8("GARBAGE\r\n\r\n")), 201, 400);
        raw("HTTP/1.0", RawHttp.request("GET /problems/too-busy HTTP/1.0", ""), 200);
    }

    // --- how they are made ----------------------------------------------------------------------------------------

    /** A valid order except for one field. */
    private static String order(String field, String json) {
        Map<String, String> fields = new LinkedHashMap<>(Map.of("customer_id", "\"c\"", "items", "[" + ITEM + "]",
                "total_amount", "1"));
        fields.put(field, json);
        List<String> members = new ArrayList<>();
        fields.forEach((name, value) -> members.add("\"" + name + "\":" + value));
        return "{" + String.join(",", members) + "}";
    }

    private void body(String body, Integer... statuses) {
        bytes("body " + body.substring(0, Math.min(80, body.length())), utf8(body), statuses);
    }

    private void bytes(String name, byte[] body, Integer... statuses) {
        raw(name, RawHttp.post(body), statuses);
    }

    private void header(String header, Integer... statuses) {
        raw(header, RawHttp.post(utf8(ORDER), header), statuses);
    }

    private void line(String line, Integer... statuses) {
        raw(line, RawHttp.request(line, ""), statuses);
    }

    private void raw(String name, byte[] bytes, Integer... statuses) {
        requests.put(name + " #" + requests.size(), new Request(bytes, List.of(statuses)));
    }

    private static byte[] chunked(String body) {
        return RawHttp.request("POST /orders HTTP/1.1", body, "Transfer-Encoding: chunked");
    }

    private static byte[] both(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
