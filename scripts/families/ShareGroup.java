package families;

import java.util.List;
import java.util.Set;
import messages.DeadLetter;

/**
 * Kafka's share groups (KIP-1191, from 4.4 on; the first six headers), and this project's OrderConsumer, which adds
 * the others. There is one failure at most: a share group copies no headers, and OrderConsumer removes those of earlier
 * failures.
 */
final class ShareGroup implements Family {
    private static final Copies AS_A_SHARE_GROUP = new Copies(false, false, false);
    private static final Copies AS_ORDER_CONSUMER = new Copies(true, true, false);

    @Override
    public String title() {
        return "share group or OrderConsumer";
    }

    @Override
    public List<Row> rows() {
        return List.of(
                Row.first(DeadLetter.TOPIC, Field.TOPIC, Encoding.TEXT),
                Row.first(DeadLetter.PARTITION, Field.PARTITION, Encoding.INT),
                Row.first(DeadLetter.OFFSET, Field.OFFSET, Encoding.LONG),
                Row.first(DeadLetter.GROUP, Field.GROUP, Encoding.TEXT),
                Row.first(DeadLetter.DELIVERY_COUNT, Field.ATTEMPTS, Encoding.INT),
                Row.first(DeadLetter.MESSAGE, Field.MESSAGE, Encoding.TEXT),
                Row.first(DeadLetter.EXCEPTION, Field.EXCEPTION, Encoding.TEXT),
                Row.first(DeadLetter.STACKTRACE, Field.STACKTRACE, Encoding.TEXT),
                Row.first(DeadLetter.TIMESTAMP, Field.TIMESTAMP, Encoding.INSTANT),
                Row.first(DeadLetter.VALUE_OMITTED, Field.VALUE_OMITTED, Encoding.LONG));
    }

    @Override
    public String prefix() {
        return DeadLetter.PREFIX;
    }

    /**
     * A share group copies key and value only where the group's {@code errors.deadletterqueue.copy.record.enable} is
     * set (by default it is not), and never headers or timestamp. The headers do not say whether it did. OrderConsumer
     * copies all (but a value that is too large: a header reports that), and writes the timestamp into a header.
     */
    @Override
    public Copies copies(Set<Field> reported) {
        boolean byOrderConsumer = reported.contains(Field.EXCEPTION) || reported.contains(Field.STACKTRACE)
                || reported.contains(Field.TIMESTAMP);
        return byOrderConsumer ? AS_ORDER_CONSUMER : AS_A_SHARE_GROUP;
    }
}
