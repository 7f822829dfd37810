package lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;

/** A client of an OrderApi. */
public record Api(URI uri, Running process) {
    private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration LONGEST = Duration.ofSeconds(30);

    /** An answer: status, headers and JSON body. */
    public record Answer(int status, Map<String, java.util.List<String>> headers, JsonNode body) {
        public String header(String name) {
            return headers.entrySet().stream().filter(e -> e.getKey().equalsIgnoreCase(name))
                    .map(e -> e.getValue().getFirst()).findFirst().orElse(null);
        }

        public String orderId() {
            return body.path("order_id").asText();
        }
    }

    /** The order of the curl example, for a customer. */
    public static String order(String customer) {
        return """
            {"customer_id":"%s","items":[{"product_id":"product456","quantity":2,"price":29.99}],"total_amount":59.98}\
            """.formatted(customer);
    }

    /** The same order as a record of the orders' topic. */
    public static String record(String orderId, String customer, String total) {
        return """
            {"order_id":"%s","customer_id":"%s","items":[{"product_id":"product456","quantity":1,"price":%s}],\
            "total_amount":%s,"timestamp":"2026-01-31T12:00:00Z","idempotency_key":null}\
            """.formatted(orderId, customer, total, total);
    }

    /** Posts a body to /orders/; headers as name, value, name, value. */
    public Answer post(String body, String... headers) {
        return post(LONGEST, body, headers);
    }

    /** The same for a client that waits for so long. */
    public Answer post(Duration longest, String body, String... headers) {
        HttpRequest.Builder request = request("/orders/").header("Content-Type", "application/json").timeout(longest);
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return send(request.POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    public Answer get(String path) {
        return send(request(path).GET());
    }

    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri.resolve(path)).timeout(LONGEST);
    }

    public Answer send(HttpRequest.Builder request) {
        HttpResponse<byte[]> response = fetch(request);
        return new Answer(response.statusCode(), response.headers().map(), Kafka.json(response.body()));
    }

    /** The same for a response that may not be JSON. */
    public HttpResponse<byte[]> fetch(HttpRequest.Builder request) {
        try {
            return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
