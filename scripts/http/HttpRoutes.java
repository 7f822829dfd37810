package http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import messages.Json;
import org.slf4j.Logger;

/**
 * What the JDK's HttpServer does not do itself (RFC 9110): routes by path and method, HEAD and OPTIONS, and every error
 * as a problem document.
 */
public final class HttpRoutes implements HttpHandler {
    private static final String REQUEST_ID = "X-Request-Id";
    private static final Pattern GIVEN_ID = Pattern.compile("[A-Za-z0-9._~:/+=-]{1,128}");
    private static final int SLICE = 4096;

    private final Map<String, Map<String, Route>> routes = new LinkedHashMap<>();
    private final Consumer<HttpExchange> admission;
    private final Logger log;
    private volatile boolean closing;

    /** @param admission throws an {@link HttpProblem} for a request that is not to be answered */
    public HttpRoutes(Consumer<HttpExchange> admission, Logger log) {
        this.admission = admission;
        this.log = log;
    }

    /** Handles the requests to an address. */
    @FunctionalInterface
    public interface Route {
        /**
         * @param rest what the path has in place of the route's {@code *}, decoded
         * @throws HttpProblem for a request that ends in an error
         * @throws IOException if the client is gone
         */
        Answer answer(HttpExchange exchange, String rest) throws IOException;
    }

    /**
     * @param type    of the body
     * @param body    bytes, sent as they are, or anything else, sent as JSON; null for none
     * @param headers further headers, by name
     */
    public record Answer(int status, String type, Object body, Map<String, String> headers) {
        public Answer(int status, String type, Object body) {
            this(status, type, body, Map.of());
        }

        /** An answer in JSON. */
        public Answer(int status, Object body) {
            this(status, "application/json", body);
        }

        /** The same answer with one more header. */
        public Answer with(String header, String value) {
            Map<String, String> more = new LinkedHashMap<>(headers);
            more.put(header, value);
            return new Answer(status, type, body, more);
        }

        byte[] bytes() {
            return body instanceof byte[] bytes ? bytes : Json.bytes(body);
        }
    }

    /** @param path exact, or ending in {@code /*}, which stands for one part or more */
    public HttpRoutes on(String method, String path, Route route) {
        routes.computeIfAbsent(path, p -> new LinkedHashMap<>()).put(method, route);
        return this;
    }

    /** All methods and addresses, such as "POST /orders". */
    public Set<String> all() {
        Set<String> all = new LinkedHashSet<>();
        routes.forEach((path, methods) -> methods.keySet().forEach(method -> all.add(method + " " + path)));
        return all;
    }

    /** From now on every answer closes its connection, so that clients with further requests do not delay the stop. */
    public void closeConnections() {
        closing = true;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set(REQUEST_ID, newId(exchange));
            Answer answer;
            try {
                answer = answer(exchange);
            } catch (HttpProblem problem) {
                log.warn("answered {}: {} (request {})", problem.status(), problem.getMessage(), id(exchange));
                answer = answer(problem, exchange);
            } catch (RuntimeException e) {
                log.error("request {} failed", id(exchange), e);
                answer = answer(new HttpProblem(ProblemType.INTERNAL_ERROR, "The log has the reason."), exchange);
            }
            if (closing) {
                exchange.getResponseHeaders().set("Connection", "close");
            }
            send(exchange, answer);
        }
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        admission.accept(exchange);
        String path = exchange.getRequestURI().getRawPath();
        boolean exact = routes.containsKey(path) && !path.endsWith("*");
        String known = exact ? path : path.substring(0, path.indexOf('/', 1) + 1) + "*";
        Map<String, Route> methods = routes.get(known);
        if (methods == null) {
            throw new HttpProblem(ProblemType.UNKNOWN_ADDRESS,
                    "There is nothing at this address; GET / says what there is.");
        }
        String method = exchange.getRequestMethod();
        if (method.equals("OPTIONS")) {
            return new Answer(204, null).with("Allow", allowed(methods));
        }
        Route route = methods.get(method.equals("HEAD") ? "GET" : method);
        if (route == null) {
            throw new HttpProblem(ProblemType.METHOD_NOT_ALLOWED, "This address takes " + allowed(methods) + ".")
                    .with("Allow", allowed(methods));
        }
        return route.answer(exchange, exact ? "" : exchange.getRequestURI().getPath().substring(known.length() - 1));
    }

    /** Encodes a text as one part of a path. */
    public static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String allowed(Map<String, Route> methods) {
        Set<String> allowed = new LinkedHashSet<>(methods.keySet());
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        allowed.add("OPTIONS");
        return String.join(", ", allowed);
    }

    private static Answer answer(HttpProblem problem, HttpExchange exchange) {
        return new Answer(problem.status(), "application/problem+json", problem.body(instance(id(exchange))),
                problem.headers());
    }

    // --- which request it is --------------------------------------------------------------------------------------

    /** The id of a request: the client's, if it is one, else a random one. */
    public static String id(HttpExchange exchange) {
        return exchange.getResponseHeaders().getFirst(REQUEST_ID);
    }

    private static String newId(HttpExchange exchange) {
        String given = exchange.getRequestHeaders().getFirst(REQUEST_ID);
        ThreadLocalRandom random = ThreadLocalRandom.current(); // unique is enough: nobody has to guess it
        return given != null && GIVEN_ID.matcher(given).matches() ? given
                : new UUID(random.nextLong(), random.nextLong()).toString();
    }

    /** As a URI (RFC 9457, 3.1.5). */
    private static String instance(String id) {
        return "urn:request:" + encoded(id);
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        answer.headers().forEach(exchange.getResponseHeaders()::set);
        exchange.getResponseHeaders().set("X-Frame-Options", "DENY"); // another site's page must not show it as its own
        if (answer.body() == null) {
            exchange.sendResponseHeaders(answer.status(), -1);
            return;
        }
        byte[] body = answer.bytes();
        exchange.getResponseHeaders().set("Content-Type", answer.type());
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
            exchange.sendResponseHeaders(answer.status(), -1);
        } else {
            exchange.sendResponseHeaders(answer.status(), body.length);
            try (OutputStream out = exchange.getResponseBody()) { // its close sends; the exchange's would read first
                for (int at = 0; at < body.length; at += SLICE) { // the JDK keeps a buffer of the largest write
                    out.write(body, at, Math.min(SLICE, body.length - at));
                }
            }
        }
    }
}
