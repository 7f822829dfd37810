package broker;

/** Something else uses the port. */
public final class PortTaken extends Exception {
    private final int port;

    /** @param host null or empty for all addresses */
    public PortTaken(int port, String host) {
        super("Port " + port + (host == null || host.isEmpty() ? "" : " on " + host) + " is in use or not available: "
                + "stop what listens there, or give another --port (0 takes a free one).");
        this.port = port;
    }

    public int port() {
        return port;
    }
}
