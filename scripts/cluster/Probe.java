package cluster;

import cluster.ClusterFailure.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import org.apache.kafka.common.protocol.ApiKeys;

/** A plain TCP probe: it finds out at once what Kafka's clients find out only after their time-out. */
final class Probe {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** The request that Kafka answers for any client: which versions it supports. It has no client id. */
    private static final byte[] API_VERSIONS = ByteBuffer.allocate(14)
            .putInt(10).putShort(ApiKeys.API_VERSIONS.id).putShort((short) 0).putInt(0).putShort((short) -1).array();
    private static final int TLS_ALERT = 21; // RFC 8446, 5.1

    private Probe() {
    }

    /**
     * Whether something listens at one of the addresses.
     *
     * @throws ClusterFailure if Kafka expects TLS and the settings do not use it, or if an address is not one
     */
    static boolean listens(Cluster cluster) {
        boolean withoutTls = cluster.securityProtocol().endsWith(Cluster.PLAINTEXT);
        return Arrays.stream(cluster.bootstrapServers().split(",")).map(String::strip)
                .anyMatch(address -> listens(address, withoutTls));
    }

    private static boolean listens(String address, boolean withoutTls) {
        if (address.contains("://")) {
            throw new ClusterFailure(Kind.WRONG_SETTINGS, "--bootstrap-server " + address + " is a URL: give "
                    + "HOST:PORT, such as " + address.replaceAll("^.*://|/.*$", "") + ".");
        }
        int colon = address.lastIndexOf(':');
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.substring(0, colon).replaceAll("[\\[\\]]", ""),
                    Integer.parseInt(address.substring(colon + 1))), (int) TIMEOUT.toMillis());
            if (withoutTls && answersInTls(socket)) {
                throw new ClusterFailure(Kind.REFUSED, "Kafka at " + address + " expects TLS: set "
                        + "security.protocol=SASL_SSL or SSL, and what else it requires, in --command-config.");
            }
            return true;
        } catch (IOException e) {
            return false;
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new ClusterFailure(Kind.WRONG_SETTINGS, "--bootstrap-server " + address + " is not an address: give "
                    + "HOST:PORT, separated by commas.", e);
        }
    }

    /** A Kafka client without TLS would read the alert as the length of a response, and allocate 352 MB. */
    private static boolean answersInTls(Socket socket) throws IOException {
        socket.setSoTimeout((int) TIMEOUT.toMillis());
        socket.getOutputStream().write(API_VERSIONS);
        return socket.getInputStream().read() == TLS_ALERT;
    }
}
