package broker;

/** Something else uses the port. */
public final class PortTaken extends Exception {
    public PortTaken(int port, String host) {
        super("Port " + port + " on " + host + " is in use or not available: stop what listens there, or give "
                + "another --port (0 takes a free one).");
    }
}
