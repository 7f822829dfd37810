package api;

import http.HttpProblem;
import http.HttpRoutes;
import http.HttpRoutes.Answer;
import http.ProblemType;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The JSON answers of the API: their status, headers and bodies. */
public final class Answers {
    private Answers() {
    }

    // --- POST /orders/ --------------------------------------------------------------------------------------------

    /** @param duplicate whether an earlier request placed the order */
    public static Answer created(String orderId, String topic, Sent.Acknowledged at, boolean duplicate) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", "success");
        body.put("message", "Order " + orderId + " created successfully");
        body.put("order_id", orderId);
        body.put("kafka_metadata", metadata(topic, new KnownOrders.Place(at.partition(), at.offset())));
        Answer answer = new Answer(201, body).with("Location", location(orderId));
        if (!duplicate) {
            return answer;
        }
        body.put("duplicate", true);
        return answer.with("Idempotent-Replayed", "true");
    }

    public static HttpProblem taken(Claim.Taken taken) {
        return taken.byKey() ? new HttpProblem(ProblemType.REUSED_IDEMPOTENCY_KEY,
                "The idempotency key was used for another order: take a new key for a new order.")
                : new HttpProblem(ProblemType.REUSED_ORDER_ID,
                "The order_id was used for another order: take a new one for a new order.");
    }

    /** Nothing was written. */
    public static HttpProblem refused(Sent.Refused refused) {
        return switch (refused.cause()) {
            case TOO_BUSY -> HttpProblem.retryLater(ProblemType.TOO_BUSY, refused.why());
            case AWAY -> HttpProblem.retryLater(ProblemType.KAFKA_UNAVAILABLE, refused.why());
            case TOO_LARGE -> new HttpProblem(ProblemType.ORDER_TOO_LARGE, refused.why());
            case NOT_ALLOWED -> new HttpProblem(ProblemType.ORDER_REFUSED, refused.why());
        };
    }

    /** Nothing was sent: Kafka was not reached yet, or what was written before is not known yet. */
    public static HttpProblem starting(String why) {
        return HttpProblem.retryLater(ProblemType.KAFKA_UNAVAILABLE, why);
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
                : " It has no Idempotency-Key: send it again with this order_id, which is safe."))
                .withMember("order_id", orderId).with("Location", location(orderId));
    }

    private static String location(String orderId) {
        return "/orders/" + HttpRoutes.encoded(orderId);
    }

    // --- GET ------------------------------------------------------------------------------------------------------

    /**
     * How long to wait for an outcome.
     *
     * @param query such as {@code wait=10}, in seconds; null for none
     * @throws HttpProblem if it is not a whole number
     */
    public static Duration wait(String query, Duration most) {
        String seconds = query == null ? "0" : query.replaceAll("^(?:.*&)?wait=([^&]*).*$", "$1");
        if (query != null && seconds.equals(query)) {
            return Duration.ZERO; // it has other parameters
        }
        if (!seconds.matches("\\d{1,6}")) {
            throw new HttpProblem(ProblemType.MALFORMED_REQUEST, "wait has to be a whole number of seconds.");
        }
        Duration wait = Duration.ofSeconds(Long.parseLong(seconds));
        return wait.compareTo(most) < 0 ? wait : most;
    }

    /**
     * The status of an order.
     *
     * @param found if it is known
     * @param most  how many orders are known
     * @throws HttpProblem if it is not
     */
    public static Answer status(String orderId, String topic, Optional<KnownOrders.Status> found, int most) {
        KnownOrders.Status known = found.orElseThrow(() -> new HttpProblem(ProblemType.UNKNOWN_ORDER,
                "The order is not known: it is not accepted yet, or it is not among the last " + most + "."));
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("order_id", orderId);
        KnownOrders.Outcome outcome = known.outcome();
        if (outcome == null) {
            status.put("status", "accepted");
        } else {
            status.put("status", outcome.status());
            status.put("reason", outcome.reason());
            status.put("attempts", outcome.attempts());
            status.put("at", outcome.at().toString());
            status.put("source", metadata(topic, outcome.source()));
        }
        status.put("kafka_metadata", metadata(topic, known.place()));
        return new Answer(200, status).with("Cache-Control", "no-store");
    }

    private static Map<String, Object> metadata(String topic, KnownOrders.Place at) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("topic", topic);
        metadata.put("partition", at.partition());
        metadata.put("offset", at.offset());
        return metadata;
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

    /**
     * Whether orders are taken, and are answered by what is true.
     *
     * @param producer why nothing can be sent; null if it can
     * @param view     why orders and outcomes cannot be read; null if they can
     */
    public static Answer health(boolean reachable, String producer, String view, String bootstrapServers) {
        boolean up = reachable && producer == null && view == null;
        Map<String, Object> health = new LinkedHashMap<>();
        health.put("status", up ? "up" : "down");
        health.put("kafka", reachable ? "reachable" : "unreachable");
        health.put("producer", producer == null ? "ok" : producer);
        health.put("view", view == null ? "ok" : view);
        health.put("bootstrap_server", bootstrapServers);
        return new Answer(up ? 200 : 503, health);
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
