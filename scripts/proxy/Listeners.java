package proxy;

import cli.ExitCode;
import cli.Failure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;

/** The ports at which the proxy listens, one for each broker, and the connections to them. */
public final class Listeners implements AutoCloseable {
    private static final int CONNECT_MS = 5_000;

    private final InetAddress host;
    private final Consumer<Link> serve;
    private final Logger log;
    private final Map<InetSocketAddress, ServerSocket> byBroker = new ConcurrentHashMap<>();
    private final Set<InetSocketAddress> away = ConcurrentHashMap.newKeySet();
    private final Set<Link> links = ConcurrentHashMap.newKeySet();

    /**
     * @param host  where to listen
     * @param serve serves a connection to its end
     */
    public Listeners(InetAddress host, Consumer<Link> serve, Logger log) {
        this.host = host;
        this.serve = serve;
        this.log = log;
    }

    /**
     * Listens for clients of a broker.
     *
     * @param port 0 for a free one
     * @return the port
     * @throws Failure if it is not available
     */
    public int open(int port, InetSocketAddress broker) {
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port));
            byBroker.put(broker, socket);
            Thread.ofVirtual().name("listener").start(() -> accept(socket, broker));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "Port " + port + " on " + host.getHostAddress() + " is in use or not "
                    + "available: stop what listens there, or give another --port (0 takes a free one).", e);
        }
    }

    /**
     * Where a client reaches a broker through this proxy; at a new port, if it is the first to ask. An address that is
     * the proxy's own stays as it is: the broker advertises the proxy.
     *
     * @param local where the client reaches the proxy
     */
    public synchronized InetSocketAddress through(InetAddress local, InetSocketAddress broker) {
        boolean own = byBroker.values().stream().anyMatch(one -> one.getLocalPort() == broker.getPort())
                && local.equals(broker.getAddress());
        if (own) {
            return broker;
        }
        ServerSocket known = byBroker.get(broker);
        if (known == null) {
            log.info("port {} leads to Kafka at {}", open(0, broker), text(broker));
        }
        return new InetSocketAddress(local, byBroker.get(broker).getLocalPort());
    }

    private void accept(ServerSocket socket, InetSocketAddress broker) {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Thread.ofVirtual().name("requests").start(() -> connect(client, broker));
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    log.warn("a connection could not be accepted: {}", e.getMessage());
                }
            }
        }
    }

    private void connect(Socket client, InetSocketAddress broker) {
        try (client; Socket socket = new Socket()) {
            try { // by its name: the address behind it may have changed
                socket.connect(new InetSocketAddress(broker.getHostString(), broker.getPort()), CONNECT_MS);
            } catch (IOException e) {
                if (away.add(broker)) {
                    log.warn("Kafka at {} cannot be reached: clients are disconnected until it can", text(broker));
                }
                return;
            }
            away.remove(broker);
            try (Link link = new Link(client, socket)) {
                links.add(link);
                try {
                    serve.accept(link);
                } finally {
                    links.remove(link);
                }
            }
        } catch (IOException e) {
            log.debug("a connection ended", e);
        }
    }

    public static String text(InetSocketAddress address) {
        return address.getHostString() + ":" + address.getPort();
    }

    /** Closes all connections; new ones may come. */
    public void disconnect() {
        links.forEach(Link::close);
    }

    @Override
    public void close() throws IOException {
        for (ServerSocket socket : byBroker.values()) {
            socket.close();
        }
        disconnect();
    }
}
