package api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import messages.Json;
import orders.InvalidOrder;
import orders.Order;

/**
 * A client's request to place an order.
 *
 * @param order   checked, with the order_id and timestamp that the client left out
 * @param key     its idempotency key; null if it has none
 * @param content a digest of what must be the same in every request with this key; null without a key
 */
public record OrderRequest(Order order, String key, String content) {
    /**
     * Reads and checks a request.
     *
     * @throws HttpProblem saying what is wrong with it, field by field
     * @throws IOException if the client is gone
     */
    public static OrderRequest read(HttpExchange exchange, HttpBodies bodies, boolean keyRequired) throws IOException {
        Headers headers = exchange.getRequestHeaders();
        checkMediaType(headers);
        try (HttpBodies.Body body = bodies.of(exchange)) {
            return of(headers, Json.read(body.read()), keyRequired);
        } catch (JsonProcessingException e) {
            throw new HttpProblem(ProblemType.MALFORMED_REQUEST, "The body is not JSON: " + e.getOriginalMessage());
        }
    }

    private static void checkMediaType(Headers headers) {
        String type = headers.getFirst("Content-Type");
        if (type != null && !type.split(";", 2)[0].strip().equalsIgnoreCase("application/json")) {
            throw new HttpProblem(ProblemType.UNSUPPORTED_MEDIA_TYPE, "The body has to be application/json.");
        }
        if (headers.containsKey("Content-Encoding")) {
            throw new HttpProblem(ProblemType.UNSUPPORTED_MEDIA_TYPE, "The body has to be sent uncompressed.");
        }
    }

    private static OrderRequest of(Headers headers, JsonNode json, boolean keyRequired) {
        if (!(json instanceof ObjectNode body)) {
            throw new HttpProblem(json.isMissingNode() ? ProblemType.MALFORMED_REQUEST : ProblemType.INVALID_ORDER,
                    "The body has to be one JSON object: an order.");
        }
        String key = IdempotencyKey.of(headers, body);
        if (key == null && keyRequired) {
            throw new HttpProblem(ProblemType.MISSING_IDEMPOTENCY_KEY,
                    "Send an Idempotency-Key: a text of your own, the same whenever you repeat the request.");
        }
        try {
            Order order = Order.posted(body);
            return new OrderRequest(order.completed(newId(key), Instant.now().toString(), key), key,
                    key == null ? null : order.contentDigest() + Objects.toString(order.orderId(), ""));
        } catch (InvalidOrder e) {
            throw new HttpProblem(ProblemType.INVALID_ORDER, "The order is not valid: " + e.getMessage())
                    .with(e.problems());
        }
    }

    /** Made from the key, it is the same for every retry, even after a restart. */
    private static String newId(String key) {
        return (key == null ? UUID.randomUUID() : UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8)))
                .toString();
    }
}
