package broker;

import cli.ExitCode;
import cli.Failure;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.Endpoint;
import scala.jdk.javaapi.CollectionConverters;

/** The addresses on which a node listens, and the one that it gives to clients. */
public final class Listeners {
    /** The name of the listener for the other controllers. */
    public static final String CONTROLLER = "CONTROLLER";

    private static final String PROXY = "PROXY"; // and of the one for a proxy between clients and broker

    private Listeners() {
    }

    /** Adds them to a node's settings, unless these have listeners of their own. */
    public static void add(Properties settings, NodeOptions node, Ports ports) {
        settings.putIfAbsent("controller.listener.names", CONTROLLER);
        // only the nodes use the controllers' port; the clients' port may use any protocol
        settings.putIfAbsent("listener.security.protocol.map", CONTROLLER + ":PLAINTEXT,"
                + "PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL");
        // brokers use the clients' port among themselves, and so the same protocol
        String protocol = settings.getProperty("security.inter.broker.protocol", "PLAINTEXT");
        String listeners = protocol + "://" + node.host() + ":" + ports.client() + "," + CONTROLLER + "://"
                + node.inside() + ":" + ports.controller();
        String advertised = protocol + "://" + node.advertised() + ":" + ports.client();
        if (ports.proxy() > 0) { // clients that come through a proxy are to come back to it; a node uses the other port
            requireReadable(protocol, settings);
            settings.merge("listener.security.protocol.map", "," + PROXY + ":" + protocol, (a, b) -> "" + a + b);
            listeners += "," + PROXY + "://" + node.host() + ":" + ports.behindProxy();
            advertised += "," + PROXY + "://" + node.advertised() + ":" + ports.proxy();
        }
        if (settings.putIfAbsent("listeners", listeners) == null) { // else those advertise themselves
            settings.putIfAbsent("advertised.listeners", advertised);
        }
        settings.putIfAbsent("controller.quorum.voters", node.nodes() > 1 ? node.voters()
                : node.node() + "@" + controller(settings, node.inside()));
    }

    /** HOST:PORT of a single node's controller, which the broker in the same process connects to. */
    private static String controller(Properties settings, String inside) {
        Matcher listener = Pattern.compile(CONTROLLER + "://([^,]*):(\\d+)").matcher(settings.getProperty("listeners"));
        if (!listener.find()) {
            throw new Failure(ExitCode.USAGE, "--property listeners has no " + CONTROLLER + "://HOST:PORT: add one.");
        }
        return (listener.group(1).matches("|0\\.0\\.0\\.0") ? inside : listener.group(1)) + ":" + listener.group(2);
    }

    private static void requireReadable(String protocol, Properties settings) {
        if (protocol.endsWith("SSL") || settings.containsKey("listeners")
                || settings.containsKey("advertised.listeners")) {
            throw new Failure(ExitCode.USAGE, "--proxy makes a listener of its own, without TLS: a proxy cannot read "
                    + "what is encrypted. With TLS, or with listeners of your own, add one for the proxy there.");
        }
    }

    /** @throws PortTaken if something else has one of its addresses */
    public static void requireFree(KafkaConfig config) throws PortTaken {
        for (Endpoint listener : CollectionConverters.asJava(config.listeners())) {
            Ports.requireFree(listener.port(), listener.host());
        }
    }

    /** HOST:PORT, the first address that it advertises. */
    public static String bootstrap(KafkaConfig config) {
        List<Endpoint> advertised = CollectionConverters.asJava(config.effectiveAdvertisedBrokerListeners());
        return advertised.getFirst().host() + ":" + advertised.getFirst().port();
    }
}
