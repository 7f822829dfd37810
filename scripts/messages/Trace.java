package messages;

import java.util.List;
import org.apache.kafka.common.header.Headers;

/**
 * Headers that say which request a record comes from. The consumer copies them to the record's outcome and dead letter.
 * {@code traceparent} and {@code tracestate} are those of W3C Trace Context.
 */
public final class Trace {
    public static final String REQUEST_ID = "request_id";
    public static final String PARENT = "traceparent";
    public static final String STATE = "tracestate";

    private static final List<String> NAMES = List.of(REQUEST_ID, PARENT, STATE);

    private Trace() {
    }

    /** Copies these headers, where they are present. */
    public static void copy(Headers from, Headers to) {
        for (String name : NAMES) {
            from.headers(name).forEach(to::add);
        }
    }
}
