package http;

import cli.ExitCode;
import cli.Failure;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Where the JDK's HttpServer listens, and its limits. It has one for everything but bodies (see {@link HttpBodies}):
 * system properties, which it reads once, when the first server is created.
 */
@Command(optionListHeading = "HTTP:%n")
public final class HttpLimits {
    private static final String DEFAULT_PORT = "8000";
    private static final String DEFAULT_HOST = "127.0.0.1";
    private static final String DEFAULT_MAX_BODY_BYTES = "262144"; // 256 KiB
    private static final String DEFAULT_BODY_MEMORY = "33554432"; // 32 MiB
    private static final String DEFAULT_MAX_HEADER_BYTES = "16384"; // 16 KiB
    private static final String DEFAULT_MAX_CONNECTIONS = "4000";
    private static final String DEFAULT_REQUEST_TIMEOUT_S = "10";
    private static final String DEFAULT_IDLE_TIMEOUT_S = "30";

    private static final int BACKLOG = 1024;
    private static final int FIRST_THAT_DOES_NOT_PIN = 24;

    @Option(names = "--port", defaultValue = DEFAULT_PORT, paramLabel = "PORT",
            description = "Port to listen on; 0 takes a free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--host", defaultValue = DEFAULT_HOST, paramLabel = "HOST",
            description = "Address to listen on (default: ${DEFAULT-VALUE}).")
    private String host;

    @Option(names = "--max-body-bytes", defaultValue = DEFAULT_MAX_BODY_BYTES, paramLabel = "BYTES",
            description = "The largest body accepted (default: ${DEFAULT-VALUE}).")
    private int maxBodyBytes;

    @Option(names = "--body-memory", defaultValue = DEFAULT_BODY_MEMORY, paramLabel = "BYTES",
            description = "How many bytes of bodies may be read at a time; more are answered 503 at once "
                    + "(default: ${DEFAULT-VALUE}).")
    private int bodyMemory;

    @Option(names = "--max-header-bytes", defaultValue = DEFAULT_MAX_HEADER_BYTES, paramLabel = "BYTES",
            description = "The largest size of request line and headers together (default: ${DEFAULT-VALUE}).")
    private int maxHeaderBytes;

    @Option(names = "--max-connections", defaultValue = DEFAULT_MAX_CONNECTIONS, paramLabel = "N",
            description = "How many connections may be open; more are closed at once (default: ${DEFAULT-VALUE}).")
    private int maxConnections;

    @Option(names = "--request-timeout-s", defaultValue = DEFAULT_REQUEST_TIMEOUT_S, paramLabel = "S",
            description = "How long a request may take to arrive (default: ${DEFAULT-VALUE}).")
    private int requestTimeout;

    @Option(names = "--idle-timeout-s", defaultValue = DEFAULT_IDLE_TIMEOUT_S, paramLabel = "S",
            description = "How long a connection may be idle (default: ${DEFAULT-VALUE}).")
    private int idleTimeout;

    /** @throws Failure if the numbers make no sense */
    public HttpBodies bodies() {
        if (maxBodyBytes < 1 || bodyMemory <= maxBodyBytes) {
            throw new Failure(ExitCode.USAGE, "--max-body-bytes has to be 1 or more, and --body-memory more than "
                    + "that.");
        }
        return new HttpBodies(maxBodyBytes, bodyMemory);
    }

    public String host() {
        return host;
    }

    /** The address it listens on, to print. */
    public String address(HttpServer server) {
        return (server instanceof HttpsServer ? "https://" : "http://")
                + (host.contains(":") ? "[" + host + "]" : host) + ":" + server.getAddress().getPort();
    }

    /**
     * Binds a server that is not yet started.
     *
     * @param answerTimeout how long a request and its answer may take
     * @param access        whether it uses TLS
     * @throws Failure if the numbers make no sense, or the port is not available
     */
    public HttpServer bind(Duration answerTimeout, HttpAccess access) throws IOException {
        if (maxHeaderBytes < 512 || maxConnections < 1 || requestTimeout < 1 || idleTimeout < 1 || port < 0
                || port > 65_535) {
            throw new Failure(ExitCode.USAGE, "--port has to be 0 to 65535, --max-header-bytes 512 or more, the "
                    + "other limits 1 or more.");
        }
        set("sun.net.httpserver.maxReqHeaderSize", maxHeaderBytes);
        set("jdk.httpserver.maxConnections", maxConnections);
        set("sun.net.httpserver.maxIdleConnections", maxConnections); // 200 by default, and more are reset
        set("sun.net.httpserver.maxReqTime", requestTimeout);
        set("sun.net.httpserver.maxRspTime", (int) answerTimeout.toSeconds());
        set("sun.net.httpserver.idleInterval", idleTimeout);
        System.setProperty("sun.net.httpserver.nodelay", "true"); // else an answer waits for the client's ACK
        try {
            HttpServer server = access.server(new InetSocketAddress(host, port), BACKLOG);
            server.setExecutor(threads());
            return server;
        } catch (SocketException e) { // in use, not allowed, or not an address of this machine
            throw new Failure(ExitCode.FAILED, "Port " + port + " on " + host + " is in use or not available: "
                    + "stop what listens there, or give another --port (0 takes a free one) or --host.", e);
        }
    }

    /**
     * One thread for each request; the default is one for all. The server reads and writes within {@code synchronized},
     * where a virtual thread pins its carrier up to JDK 23 (JEP 491): as many slow clients as there are cores would
     * stop it. Up to JDK 23 they are therefore platform threads.
     */
    private static ExecutorService threads() {
        return Runtime.version().feature() >= FIRST_THAT_DOES_NOT_PIN ? Executors.newVirtualThreadPerTaskExecutor()
                : Executors.newCachedThreadPool();
    }

    private static void set(String property, int value) {
        System.setProperty(property, String.valueOf(value));
    }
}
