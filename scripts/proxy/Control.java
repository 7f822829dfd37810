package proxy;

import cli.ExitCode;
import cli.Failure;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Takes commands over HTTP, from this machine only: POST with one command a line. The answer, as that of GET, is the
 * state of the proxy. A page of another site is refused, by its Origin.
 */
public final class Control implements AutoCloseable {
    private static final int BACKLOG = 16;
    private static final int LONGEST = 1 << 16;

    private final HttpServer server;
    private final Consumer<String> command;
    private final Supplier<String> state;

    /**
     * @param command runs one; an IllegalArgumentException says what is wrong with it
     * @throws Failure if the port is not available
     */
    public Control(int port, Consumer<String> command, Supplier<String> state) {
        this.command = command;
        this.state = state;
        System.setProperty("sun.net.httpserver.nodelay", "true"); // else an answer waits for the client's ACK
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "Port " + port + " is in use or not available: stop what listens there, "
                    + "or give another --control-port (0 takes a free one).", e);
        }
        server.setExecutor(Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("control").factory()));
        server.createContext("/", this::handle);
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean page = exchange.getRequestHeaders().containsKey("Origin");
            String wrong = page ? "Commands are not taken from web pages." : run(exchange);
            byte[] body = (wrong == null ? state.get() : wrong + "\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(wrong == null ? 200 : page ? 403 : 400, body.length == 0 ? -1 : body.length);
            try (OutputStream out = exchange.getResponseBody()) { // its close sends; the exchange's would read first
                out.write(body);
            }
        }
    }

    /** What is wrong, or null. The commands before a wrong one were run. */
    private String run(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readNBytes(LONGEST), StandardCharsets.UTF_8);
        List<String> lines = exchange.getRequestMethod().equals("POST")
                ? body.lines().map(String::strip).filter(line -> !line.isEmpty()).toList() : List.of();
        try {
            lines.forEach(command);
            return null;
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
