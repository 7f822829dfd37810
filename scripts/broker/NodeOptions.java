package broker;

import cli.ExitCode;
import cli.Failure;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Which node of which cluster, and where it listens. In a cluster of several nodes, all ports and the cluster's id
 * follow from the options, so that every node knows those of the others.
 */
@Command(optionListHeading = "Node:%n")
public final class NodeOptions {
    private static final String DEFAULT_PORT = "9092";
    private static final String DEFAULT_HOST = "127.0.0.1";
    private static final String DEFAULT_NODE = "1";
    private static final String DEFAULT_NODES = "1";
    private static final int HIGHEST_PORT = 65_535;
    private static final String ID_OF_SEVERAL = "order-lab-of-"; // how such a cluster's id begins

    @Option(names = "--port", defaultValue = DEFAULT_PORT, paramLabel = "PORT",
            description = "Port for clients; 0 takes a free one (default: ${DEFAULT-VALUE}). Node N of a cluster "
                    + "listens on PORT + 2 (N - 1), its controller on the next port.")
    private int port;

    @Option(names = "--host", defaultValue = DEFAULT_HOST, paramLabel = "HOST",
            description = "Address to listen on (default: ${DEFAULT-VALUE}); 0.0.0.0 is all of this machine's, which "
                    + "needs --advertise.")
    private String host;

    @Option(names = "--advertise", paramLabel = "HOST",
            description = "The name or address that clients get to connect to (default: that of --host).")
    private String advertise;

    @Option(names = "--node", defaultValue = DEFAULT_NODE, paramLabel = "N",
            description = "Which node of the cluster this is.")
    private int node;

    @Option(names = "--of", defaultValue = DEFAULT_NODES, paramLabel = "M",
            description = "How many nodes the cluster has, each in its own process.")
    private int nodes;

    @Option(names = "--proxy", paramLabel = "PORT",
            description = "Listen for clients on PORT + 1, too, and advertise PORT to these: a KafkaProxy stands in "
                    + "between. With node N of a cluster it is PORT + 2 (N - 1).")
    private Integer proxy;

    /** @throws Failure if the options make no sense together */
    public void check() {
        if (nodes < 1 || node < 1 || node > nodes) {
            throw new Failure(ExitCode.USAGE, "--node " + node + " --of " + nodes + ": the nodes are numbered from 1 "
                    + "to the number of nodes.");
        }
        if (port < 0 || port > HIGHEST_PORT - 2 * nodes) {
            throw new Failure(ExitCode.USAGE, "--port " + port + " is not a port: give 0 to "
                    + (HIGHEST_PORT - 2 * nodes) + ".");
        }
        if (proxy != null && (proxy < 1 || proxy > HIGHEST_PORT - 2 * nodes)) {
            throw new Failure(ExitCode.USAGE, "--proxy " + proxy + " is not a port: give 1 to "
                    + (HIGHEST_PORT - 2 * nodes) + ".");
        }
        if (isAnyAddress() && advertise == null) {
            throw new Failure(ExitCode.USAGE, "--host " + host + " is every address of this machine, and clients need "
                    + "one to connect to: add --advertise HOST.");
        }
        if (nodes > 1 && port == 0) {
            throw new Failure(ExitCode.USAGE, "A cluster derives its ports from --port: give one, not 0.");
        }
    }

    public String host() {
        return host;
    }

    private boolean isAnyAddress() {
        return new InetSocketAddress(host, 0).getAddress() instanceof InetAddress address
                && address.isAnyLocalAddress();
    }

    /** What clients get to connect to. */
    public String advertised() {
        return advertise == null ? host : advertise;
    }

    /** Where controllers listen for each other, and a proxy finds the broker: all nodes are on this machine. */
    public String inside() {
        return isAnyAddress() ? DEFAULT_HOST : host;
    }

    /** From 1 on. */
    public int node() {
        return node;
    }

    public int nodes() {
        return nodes;
    }

    /** Whether any port will do. */
    public boolean takesAFreePort() {
        return port == 0;
    }

    /**
     * The ports of this node. Those that are not given are free ones, and may differ at each call.
     *
     * @throws PortTaken if no free one is found
     */
    public Ports ports() throws PortTaken {
        if (nodes > 1) {
            return ports(node);
        }
        return new Ports(port == 0 ? Ports.free(host) : port, Ports.free(host), proxy == null ? 0 : proxy);
    }

    private Ports ports(int node) {
        int offset = 2 * (node - 1);
        return new Ports(port + offset, port + offset + 1, proxy == null ? 0 : proxy + offset);
    }

    /** The controllers of several nodes, as {@code controller.quorum.voters} has them: NODE@HOST:PORT, and commas. */
    public String voters() {
        return IntStream.rangeClosed(1, nodes).mapToObj(n -> n + "@" + inside() + ":" + ports(n).controller())
                .collect(Collectors.joining(","));
    }

    /** @param found the cluster's id in the data folder, which a single node keeps; null for none */
    public String clusterId(String found) {
        if (nodes > 1) {
            return ID_OF_SEVERAL + nodes + "-at-" + port;
        }
        return found != null && !found.startsWith(ID_OF_SEVERAL) ? found : Uuid.randomUuid().toString();
    }
}
