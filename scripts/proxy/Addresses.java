package proxy;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ShareAcknowledgeResponseData;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.requests.ResponseHeader;

/**
 * The addresses of brokers in Kafka's answers. A client connects to what it finds there, and would go past a proxy that
 * left them as they are. Kafka's own classes read and write the answers.
 */
public final class Addresses {
    /** These always name brokers. */
    private static final Set<ApiKeys> ALWAYS =
            EnumSet.of(ApiKeys.METADATA, ApiKeys.FIND_COORDINATOR, ApiKeys.DESCRIBE_CLUSTER);

    /** These name the new leader, when a partition has one (KIP-951). */
    private static final Set<ApiKeys> SOMETIMES =
            EnumSet.of(ApiKeys.PRODUCE, ApiKeys.FETCH, ApiKeys.SHARE_FETCH, ApiKeys.SHARE_ACKNOWLEDGE);

    private final UnaryOperator<InetSocketAddress> through;
    private boolean changed;

    private Addresses(UnaryOperator<InetSocketAddress> through) {
        this.through = through;
    }

    /**
     * Whether the answer of this request may hold addresses, and can be read.
     *
     * @param others whether addresses of this cluster have to be changed: then so have those of a new leader
     */
    public static boolean mayBeIn(Request request, boolean others) {
        return request.isKnown() && (ALWAYS.contains(request.header().apiKey())
                || others && SOMETIMES.contains(request.header().apiKey()));
    }

    /** Whether there are addresses that nobody here can read: the client speaks a later version of the protocol. */
    public static boolean areUnreadable(Request request) {
        return !request.isKnown() && request.header() != null && ALWAYS.contains(request.header().apiKey());
    }

    /**
     * Replaces the addresses in an answer.
     *
     * @param through where the client is to connect instead
     * @return the new answer, or null if nothing has to be replaced
     */
    public static ByteBuffer replace(Request request, ByteBuffer answer, UnaryOperator<InetSocketAddress> through) {
        ApiKeys key = request.header().apiKey();
        ByteBuffer rest = answer.duplicate();
        ResponseHeader header = ResponseHeader.parse(rest, key.responseHeaderVersion(request.version()));
        ApiMessage data =
                AbstractResponse.parseResponse(key, new ByteBufferAccessor(rest), request.version()).data();
        Addresses addresses = new Addresses(through);
        addresses.replaceIn(data);
        return addresses.changed
                ? RequestUtils.serialize(header.data(), header.headerVersion(), data, request.version())
                : null;
    }

    private void replaceIn(ApiMessage data) {
        switch (data) {
            case MetadataResponseData metadata ->
                metadata.brokers().forEach(one -> replace(one.host(), one.port(), one::setHost, one::setPort));
            case DescribeClusterResponseData cluster ->
                cluster.brokers().forEach(one -> replace(one.host(), one.port(), one::setHost, one::setPort));
            case FindCoordinatorResponseData found -> {
                replace(found.host(), found.port(), found::setHost, found::setPort); // up to version 3
                found.coordinators().forEach(one -> replace(one.host(), one.port(), one::setHost, one::setPort));
            }
            case ProduceResponseData produced ->
                produced.nodeEndpoints().forEach(one -> replace(one.host(), one.port(), one::setHost, one::setPort));
            case FetchResponseData fetched ->
                fetched.nodeEndpoints().forEach(one -> replace(one.host(), one.port(), one::setHost, one::setPort));
            case ShareFetchResponseData fetched ->
                fetched.nodeEndpoints().forEach(one -> replace(one.host(), one.port(), one::setHost, one::setPort));
            case ShareAcknowledgeResponseData done ->
                done.nodeEndpoints().forEach(one -> replace(one.host(), one.port(), one::setHost, one::setPort));
            default -> throw new IllegalArgumentException("no addresses in " + data.getClass().getSimpleName());
        }
    }

    private void replace(String host, int port, Consumer<String> setHost, IntConsumer setPort) {
        if (host.isEmpty() || port <= 0) { // Kafka's "no node"
            return;
        }
        InetSocketAddress broker = new InetSocketAddress(host, port);
        InetSocketAddress instead = through.apply(broker);
        if (!instead.equals(broker)) {
            setHost.accept(instead.getAddress().getHostAddress());
            setPort.accept(instead.getPort());
            changed = true;
        }
    }
}
