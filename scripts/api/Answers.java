package api;

import api.HttpRoutes.Answer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import messages.Json;

/** The JSON answers of the API: their status, headers and bodies. */
public final class Answers {
    private Answers() {
    }

    // --- POST /orders/ --------------------------------------------------------------------------------------------

    /** @param duplicate whether an earlier request with this key placed the order */
    public static Answer created(String orderId, String topic, Sent.Acknowledged at, boolean duplicate) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("topic", topic);
        metadata.put("partition", at.partition());
        metadata.put("offset", at.offset());
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", "success");
        body.put("message", "Order " + orderId + " created successfully");
        body.put("order_id", orderId);
        body.put("kafka_metadata", metadata);
        Answer answer = new Answer(201, body).with("Location", "/orders/" + HttpRoutes.encoded(orderId));
        if (!duplicate) {
            return answer;
        }
        body.put("duplicate", true);
        return answer.with("Idempotent-Replayed", "true");
    }

    public static HttpProblem reusedKey() {
        return new HttpProblem(ProblemType.REUSED_IDEMPOTENCY_KEY,
                "The idempotency key was used for another order: take a new key for a new order.");
    }

    /** Nothing was written. */
    public static HttpProblem refused(String why) {
        return HttpProblem.retryLater(ProblemType.KAFKA_UNAVAILABLE, why);
    }

    /** Nothing was written. */
    public static HttpProblem tooBusy() {
        return HttpProblem.retryLater(ProblemType.TOO_BUSY,
                "Too many orders are waiting for Kafka; this one was not sent. Try again later.");
    }

    /**
     * The order may be written already, or may be written later.
     *
     * @param why one sentence
     * @param key null if the request has none
     */
    public static HttpProblem unknown(String why, String orderId, String key) {
        return new HttpProblem(ProblemType.OUTCOME_UNKNOWN, why + (key != null
                ? " Send it again with the same Idempotency-Key, which is safe."
                : " It has no Idempotency-Key, so that a repeat could be a second order: first check whether GET "
                        + "/orders/"
                        + HttpRoutes.encoded(orderId) + " finds it."));
    }

    // --- GET ------------------------------------------------------------------------------------------------------

    /**
     * The status of an order.
     *
     * @throws HttpProblem if the order is not known
     */
    public static Answer status(String orderId, OrderView view) {
        byte[] outcome = view.outcome(orderId).orElseThrow(() -> new HttpProblem(ProblemType.UNKNOWN_ORDER,
                "The order is not known: it is not accepted yet, or it is not among the last " + view.most() + "."));
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("order_id", orderId);
        if (OrderView.isAccepted(outcome)) {
            status.put("status", "accepted");
            return new Answer(200, status);
        }
        try {
            JsonNode json = Json.read(outcome);
            List.of("status", "reason", "attempts", "at").forEach(field -> status.put(field, json.get(field)));
            return new Answer(200, status);
        } catch (JsonProcessingException e) {
            throw new HttpProblem(ProblemType.UNKNOWN_ORDER, "The outcome of the order is not JSON.");
        }
    }

    /**
     * A type of problem, by the last part of its address.
     *
     * @throws HttpProblem if there is no such type
     */
    public static Answer problem(String name) {
        return new Answer(200, ProblemType.named(name).orElseThrow(() ->
                new HttpProblem(ProblemType.UNKNOWN_ADDRESS, "There is no such type of problem.")).body());
    }

    public static Answer health(boolean up, String bootstrapServers) {
        return new Answer(up ? 200 : 503, Map.of("status", up ? "up" : "down",
                "kafka", up ? "reachable" : "unreachable", "bootstrap_server", bootstrapServers));
    }

    /** A short list of the API's addresses. */
    public static Answer hint() {
        Map<String, String> hint = new LinkedHashMap<>();
        hint.put("service", "Kafka Order Lab: order API");
        hint.put("order", "POST /orders/ with customer_id, items [{product_id, quantity, price}] and total_amount");
        hint.put("status", "GET /orders/{order_id}");
        hint.put("docs", "GET /docs, GET /openapi.json");
        hint.put("health", "GET /health");
        return new Answer(200, hint);
    }
}
