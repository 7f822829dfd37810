package metrics;

import cli.ExitCode;
import cli.Failure;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers GET and HEAD at a few addresses, with the JDK's server. A client that sends half a request, or does not read
 * the answer, keeps one thread busy for some seconds; there are as many threads as connections, which are bounded.
 */
final class Endpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Endpoints.class);
    private static final int BACKLOG = 16;
    private static final Map<String, String> LIMITS = Map.of( // read when the first server is created
            "jdk.httpserver.maxConnections", "50",
            "sun.net.httpserver.maxReqHeaderSize", "16384",
            "sun.net.httpserver.maxReqTime", "5", // seconds
            "sun.net.httpserver.maxRspTime", "5",
            "sun.net.httpserver.idleInterval", "60",
            "sun.net.httpserver.nodelay", "true"); // else an answer waits for the client's ACK

    private final String host;
    private final HttpServer server;
    private final Map<String, Supplier<Answer>> answers;

    /** @param type of the text */
    record Answer(int status, String type, String text) {
        static final String TEXT = "text/plain; charset=utf-8";
    }

    /**
     * @param answers by path
     * @throws Failure if the port is not available
     */
    Endpoints(String host, int port, Map<String, Supplier<Answer>> answers) {
        this.host = host;
        this.answers = answers;
        LIMITS.forEach(System::setProperty);
        try {
            server = HttpServer.create(new InetSocketAddress(host, port), BACKLOG);
        } catch (IOException e) { // in use, not allowed, or not an address of this machine
            throw new Failure(ExitCode.FAILED, "Port " + port + " on " + host + " is in use or not available: stop "
                    + "what listens there, or give another --metrics-port (0 takes a free one) or --metrics-host.", e);
        }
        server.setExecutor(Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().daemon().name("metrics-", 0).factory()));
        server.createContext("/", this::handle);
        server.start();
    }

    /** Where it listens, without a path. */
    String url() {
        return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Answer answer = answer(exchange);
            byte[] body = answer.text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", answer.type);
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
                exchange.sendResponseHeaders(answer.status, -1);
                return;
            }
            exchange.sendResponseHeaders(answer.status, body.length);
            try (OutputStream out = exchange.getResponseBody()) { // its close sends; the exchange's would read first
                out.write(body);
            }
        }
    }

    private Answer answer(HttpExchange exchange) {
        Supplier<Answer> answer = answers.get(exchange.getRequestURI().getPath());
        if (answer == null) {
            return new Answer(404, Answer.TEXT, "There is nothing at this address.\n");
        }
        if (!exchange.getRequestMethod().matches("GET|HEAD")) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            return new Answer(405, Answer.TEXT, "This address takes GET and HEAD.\n");
        }
        try {
            return answer.get();
        } catch (RuntimeException e) {
            LOG.error("{} failed", exchange.getRequestURI().getPath(), e);
            return new Answer(500, Answer.TEXT, "The log has the reason.\n");
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
