package api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import http.HttpBodies;
import http.HttpProblem;
import http.ProblemType;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import messages.Json;
import orders.InvalidOrder;
import orders.Order;

/**
 * A client's request to place an order.
 *
 * @param order    checked, with the order_id and timestamp that the client left out
 * @param key      its idempotency key; null if it has none
 * @param identity what makes another request one for the same order
 */
public record OrderRequest(Order order, String key, KnownOrders.Identity identity) {
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
        if (type == null || !type.split(";", 2)[0].strip().equalsIgnoreCase("application/json")) {
            throw new HttpProblem(ProblemType.UNSUPPORTED_MEDIA_TYPE, "The body has to be application/json: send Content-Type: application/json.");
        }
        if (!"identity".equalsIgnoreCase(headers.getOrDefault("Content-Encoding", List.of("identity")).getFirst())) {
            throw new HttpProblem(ProblemType.UNSUPPORTED_MEDIA_TYPE, "The body has to be sent uncompressed.")
                    .with("Accept-Encoding", "identity"); // RFC 9110, 12.5.3
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
            String newId = key == null ? UUID.randomUUID().toString() : KnownOrders.idFor(key);
            Order order = Order.posted(body).completed(newId, Instant.now().toString(), key);
            return new OrderRequest(order, key, KnownOrders.Identity.of(order.orderId(), key, order.contentDigest()));
        } catch (InvalidOrder e) {
            throw new HttpProblem(ProblemType.INVALID_ORDER, "The order is not valid: " + e.getMessage())
                    .with(e.problems());
        }
    }
}
