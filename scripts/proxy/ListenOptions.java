package proxy;

import cli.ExitCode;
import cli.Failure;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Which Kafka is behind the proxy, and where the proxy listens. */
@Command(optionListHeading = "Between:%n")
public final class ListenOptions {
    private static final String DEFAULT_PORT = "9292";
    private static final String DEFAULT_HOST = "127.0.0.1";
    private static final String DEFAULT_KAFKA = "localhost:9092";
    private static final int HIGHEST_PORT = 65_535;

    @Option(names = "--port", defaultValue = DEFAULT_PORT, paramLabel = "PORT",
            description = "Port for clients; 0 takes a free one (default: ${DEFAULT-VALUE}). For each further broker "
                    + "that an answer names the proxy opens a free port.")
    private int port;

    @Option(names = "--host", defaultValue = DEFAULT_HOST, paramLabel = "HOST",
            description = "Address to listen on; there is no password (default: ${DEFAULT-VALUE}).")
    private String host;

    @Option(names = "--bootstrap-server", defaultValue = DEFAULT_KAFKA, paramLabel = "HOST:PORT",
            description = "The broker behind the proxy; a listener without TLS (default: ${DEFAULT-VALUE}).")
    private String bootstrapServer;

    @Option(names = "--no-rewrite",
            description = "Leave the addresses in Kafka's answers as they are. By default those of brokers that do not "
                    + "advertise this proxy (see KafkaBroker --proxy) are replaced by ports of the proxy.")
    private boolean noRewrite;

    @Option(names = "--control-port", paramLabel = "PORT",
            description = "Take commands over HTTP on this port of 127.0.0.1; 0 takes a free one. By default nothing "
                    + "listens.")
    private Integer controlPort;

    @Option(names = "--trace", description = "Print a line for each request: kind, client id, size, correlation id.")
    private boolean trace;

    /** @throws Failure if a port or an address is not one */
    public void check() {
        checkPort("--port", port);
        checkPort("--control-port", controlPort == null ? 0 : controlPort);
        broker();
        host();
    }

    private static void checkPort(String option, int port) {
        if (port < 0 || port > HIGHEST_PORT) {
            throw new Failure(ExitCode.USAGE, option + " " + port + " is not a port: give 0 to " + HIGHEST_PORT + ".");
        }
    }

    public int port() {
        return port;
    }

    /** Null for none. */
    public Integer controlPort() {
        return controlPort;
    }

    public boolean rewrites() {
        return !noRewrite;
    }

    public boolean traces() {
        return trace;
    }

    public InetAddress host() {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new Failure(ExitCode.USAGE, "--host " + host + " is not an address of this machine.", e);
        }
    }

    public InetSocketAddress broker() {
        int colon = bootstrapServer.lastIndexOf(':');
        try {
            return new InetSocketAddress(bootstrapServer.substring(0, colon).replaceAll("[\\[\\]]", ""),
                    Integer.parseInt(bootstrapServer.substring(colon + 1)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new Failure(ExitCode.USAGE, "--bootstrap-server " + bootstrapServer + " is not an address: give one "
                    + "HOST:PORT, such as localhost:9092.", e);
        }
    }
}
