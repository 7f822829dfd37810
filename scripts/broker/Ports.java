package broker;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Where a node listens: for clients, and for the other controllers.
 *
 * @param proxy where a proxy in front of it listens; 0 for none
 */
public record Ports(int client, int controller, int proxy) {
    private static final int FIRST_FREE = 24_000;
    private static final int FIRST_OF_THE_SYSTEM = 32_768; // on Linux; elsewhere it is 49,152 (RFC 6335)
    private static final int TRIES = 10;

    /** Whether it is one of these. */
    public boolean have(int port) {
        return port == client || port == controller || proxy > 0 && port == behindProxy();
    }

    /** Where it listens for what comes through the proxy. */
    public int behindProxy() {
        return proxy + 1;
    }

    /** @param host an address of this machine; null or empty for all of them */
    static void requireFree(int port, String host) throws PortTaken {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(host == null || host.isEmpty() ? new InetSocketAddress(port)
                    : new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new PortTaken(port, host);
        }
    }

    /** A free port, but not one that the system gives to outgoing connections: it could be taken before it is bound. */
    static int free(String host) throws PortTaken {
        for (int attempt = 1; ; attempt++) {
            int candidate = ThreadLocalRandom.current().nextInt(FIRST_FREE, FIRST_OF_THE_SYSTEM);
            try {
                requireFree(candidate, host);
                return candidate;
            } catch (PortTaken e) {
                if (attempt == TRIES) {
                    throw e;
                }
            }
        }
    }
}
