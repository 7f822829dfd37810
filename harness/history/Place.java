package history;

import java.util.Comparator;

/**
 * Where a record is.
 *
 * @param partition as Kafka writes it, TOPIC-NUMBER: order-events-0. A topic that was deleted and made again is another
 *         log: give it another name.
 */
public record Place(String partition, long offset) implements Comparable<Place> {
    private static final Comparator<Place> ORDER =
            Comparator.comparing(Place::partition).thenComparingLong(Place::offset);

    public static Place of(String topic, int partition, long offset) {
        return new Place(topic + "-" + partition, offset);
    }

    /** Whether it is before another one in the same log. Of two places in two logs, neither is. */
    boolean before(Place other) {
        return partition.equals(other.partition) && offset < other.offset;
    }

    @Override
    public int compareTo(Place other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return partition + "@" + offset;
    }
}
