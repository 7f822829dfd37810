package http;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The kinds of problems that the API answers with, each with its own URI (RFC 9457, 3.1.1). */
public enum ProblemType {
    MALFORMED_REQUEST(400, "The request cannot be read"),
    INVALID_IDEMPOTENCY_KEY(400, "The idempotency key is not valid, or there are several"),
    MISSING_IDEMPOTENCY_KEY(400, "Idempotency-Key is missing"),
    UNAUTHORIZED(401, "The token is missing or wrong"),
    ANOTHER_SITE(403, "A page of another site may not do this"),
    UNKNOWN_ADDRESS(404, "There is nothing at this address"),
    UNKNOWN_ORDER(404, "The order is not known"),
    METHOD_NOT_ALLOWED(405, "The address does not take this method"),
    BODY_TOO_LARGE(413, "The body is too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "The media type of the body is not supported"),
    ANOTHER_HOST(421, "The request is for another host"),
    INVALID_ORDER(422, "The order is not valid"),
    ORDER_TOO_LARGE(413, "The order is too large for its topic"),
    REUSED_ORDER_ID(422, "The order_id is already used"),
    REUSED_IDEMPOTENCY_KEY(422, "Idempotency-Key is already used"),
    INTERNAL_ERROR(500, "The request failed because of an error in the API"),
    TOO_BUSY(503, "Too many orders or requests are waiting"),
    KAFKA_UNAVAILABLE(503, "Kafka did not take the order"),
    ORDER_REFUSED(503, "Kafka refuses the order"),
    OUTCOME_UNKNOWN(504, "Kafka did not acknowledge the order in time");

    public static final String ADDRESS = "/problems/";

    private final int status;
    private final String title;

    ProblemType(int status, String title) {
        this.status = status;
        this.title = title;
    }

    /** By the last part of its URI. */
    public static Optional<ProblemType> named(String name) {
        return Arrays.stream(values()).filter(type -> type.uri().equals(ADDRESS + name)).findFirst();
    }

    /** A URI relative to the API; GET it to see what the type means. */
    public String uri() {
        return ADDRESS + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public int status() {
        return status;
    }

    /** The members {@code type}, {@code title} and {@code status} of a problem document. */
    public Map<String, Object> body() {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("type", uri());
        body.put("title", title);
        body.put("status", status);
        return body;
    }
}
