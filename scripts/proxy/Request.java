package proxy;

import cli.Printable;
import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * What the proxy knows of a request: its header, and its size. It does not look into the body.
 *
 * @param header null if it is of a kind that this version of Kafka's clients does not know
 * @param kind   as Kafka names it, such as Produce
 * @param number which one of its kind it is, over all connections, from 1 on
 * @param size   of its frame, in bytes, without the four that hold the size
 */
public record Request(RequestHeader header, String kind, long number, short version, int correlationId, int size) {
    private static final String UNKNOWN = "Unknown";
    private static final int FIXED = 8; // bytes

    /** @param head the first bytes of its frame, with the whole header */
    public static Request read(ByteBuffer head, int size, Numbers numbers) {
        if (head.remaining() < FIXED) { // in the old form of SASL's handshake, a password has no header
            return new Request(null, UNKNOWN, numbers.next(UNKNOWN), (short) -1, -1, size);
        }
        short key = head.getShort(0); // these three have been the first fields of every header of all versions
        short version = head.getShort(2);
        int correlationId = head.getInt(4);
        RequestHeader header = header(head);
        String kind = header == null ? UNKNOWN + key : header.apiKey().name;
        return new Request(header, kind, numbers.next(kind), version, correlationId, size);
    }

    private static RequestHeader header(ByteBuffer head) {
        try {
            return RequestHeader.parse(head.duplicate());
        } catch (InvalidRequestException e) {
            return null;
        }
    }

    /** Empty if it names none. */
    public String clientId() {
        return header == null ? "" : header.clientId();
    }

    /** Whether Kafka's classes can read its answer: it is of a kind and a version that they know. */
    boolean isKnown() {
        return header != null && header.apiKey().isVersionSupported(version);
    }

    /** Such as: Produce#3 of order-api. */
    public String name() {
        return kind + "#" + number + " of " + (clientId().isEmpty() ? "a client without id" : Printable.of(clientId()));
    }
}
