package orders;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import orders.InvalidOrder.Problem;

/** A request that ends in an error, as RFC 9457 (application/problem+json) has it. */
public final class HttpProblem extends RuntimeException {
    private final int status;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private List<Problem> errors = List.of();

    /**
     * @param status an HTTP status of 400 or more
     * @param detail one sentence: what is wrong and what to do
     */
    public HttpProblem(int status, String detail) {
        super(detail, null, false, false);
        this.status = status;
    }

    /** Adds a header to the answer. */
    public HttpProblem with(String header, String value) {
        headers.put(header, value);
        return this;
    }

    /** Adds what is wrong field by field, as the member {@code errors}. */
    public HttpProblem with(List<Problem> errors) {
        this.errors = errors;
        return this;
    }

    public int status() {
        return status;
    }

    public Map<String, String> headers() {
        return headers;
    }

    /** The problem document. */
    public Map<String, Object> body() {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("type", "about:blank");
        body.put("title", title());
        body.put("status", status);
        body.put("detail", getMessage());
        if (!errors.isEmpty()) {
            body.put("errors", errors);
        }
        return body;
    }

    private String title() {
        return switch (status) {
            case 400 -> "Bad Request";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 413 -> "Content Too Large";
            case 415 -> "Unsupported Media Type";
            case 422 -> "Unprocessable Content";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            default -> "Internal Server Error";
        };
    }
}
