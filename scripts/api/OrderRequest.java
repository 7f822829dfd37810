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
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import messages.Json;
import messages.Trace;
import orders.InvalidOrder;
import orders.Order;

/**
 * A client's request to place an order.
 *
 * @param order    checked, with the order_id and timestamp that the client left out
 * @param key      its idempotency key; null if it has none
 * @param identity what makes another request one for the same order
 * @param parent   of W3C Trace Context, with its state; each null if there is none
 */
public record OrderRequest(Order order, String key, KnownOrders.Identity identity, String parent, String state) {
    private static final Pattern TRACE_PARENT = Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
    private static final int LONGEST_STATE = 512; // W3C Trace Context, 3.3.1.5

    /** The headers of its record: see {@link Trace}. */
    public Map<String, byte[]> trace(String requestId) {
        Map<String, byte[]> headers = new LinkedHashMap<>();
        headers.put(Trace.REQUEST_ID, requestId.getBytes(StandardCharsets.US_ASCII));
        if (parent != null) {
            headers.put(Trace.PARENT, parent.getBytes(StandardCharsets.US_ASCII));
        }
        if (state != null) {
            headers.put(Trace.STATE, state.getBytes(StandardCharsets.US_ASCII));
        }
        return headers;
    }

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
            throw new HttpProblem(ProblemType.UNSUPPORTED_MEDIA_TYPE, "The body has to be "
                    + "application/json: send Content-Type: application/json.");
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
            String parent = headers.getFirst(Trace.PARENT);
            String state = headers.getFirst(Trace.STATE);
            boolean isTraced = parent != null && TRACE_PARENT.matcher(parent).matches();
            return new OrderRequest(order, key, KnownOrders.Identity.of(order.orderId(), key, order.contentDigest()),
                    isTraced ? parent : null,
                    isTraced && state != null && state.length() <= LONGEST_STATE ? state : null);
        } catch (InvalidOrder e) {
            throw new HttpProblem(ProblemType.INVALID_ORDER, "The order is not valid: " + e.getMessage())
                    .with(e.problems());
        }
    }
}
