package http;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A request that ends in an error, in the form of RFC 9457 (application/problem+json). */
public final class HttpProblem extends RuntimeException {
    private static final String RETRY_AFTER = "5"; // seconds

    private final ProblemType type;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final Map<String, Object> members = new LinkedHashMap<>();

    /** @param detail one sentence: what is wrong and what to do */
    public HttpProblem(ProblemType type, String detail) {
        super(detail, null, false, false);
        this.type = type;
    }

    /** A problem that may pass: the answer says when to try again. */
    public static HttpProblem retryLater(ProblemType type, String detail) {
        return new HttpProblem(type, detail).with("Retry-After", RETRY_AFTER);
    }

    /** Adds a header to the answer. */
    public HttpProblem with(String header, String value) {
        headers.put(header, value);
        return this;
    }

    /** Adds the problem of each field, as the member {@code errors}. */
    public HttpProblem with(List<?> errors) {
        return withMember("errors", errors);
    }

    /** Adds a member of its own to the document (RFC 9457, 3.2). */
    public HttpProblem withMember(String name, Object value) {
        members.put(name, value);
        return this;
    }

    public int status() {
        return type.status();
    }

    public Map<String, String> headers() {
        return headers;
    }

    /**
     * The problem document.
     *
     * @param instance which request it was: a URI
     */
    public Map<String, Object> body(String instance) {
        Map<String, Object> body = type.body();
        body.put("detail", getMessage());
        body.put("instance", instance);
        body.putAll(members);
        return body;
    }
}
