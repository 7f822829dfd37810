package story;

import history.Allowed;
import history.Anomaly.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import lab.Broker;
import lab.Kafka;

/**
 * A promise of this project, and how to see it hold and fail: a story that happens to two systems at the same time, one
 * as built, and one with the guarantee switched off.
 */
public interface Guarantee {
    /** What a person would ask, in one line. */
    String question();

    /** The options that switch it off. */
    String off();

    /** What goes wrong then, and nothing else. */
    Kind anomaly();

    /**
     * What happens to both. It has to note what the fault was seen to do ({@link Side#bit}): without that it proves
     * nothing.
     *
     * @return what the system did, in a few words for people, such as "20 of 20 orders done"
     */
    String happens(Side side) throws Exception;

    /**
     * The brokers of the two sides. Those that it starts here are closed after the story.
     *
     * @param given a broker that others use, too
     * @param folder for their data and logs
     */
    default Brokers brokers(Broker given, Path folder) {
        return new Brokers(given, given);
    }

    /** A broker for each side. */
    record Brokers(Broker asBuilt, Broker broken) {
    }

    /** Creates the topic of the orders. */
    default void createTopic(Kafka kafka, String topic) {
        kafka.createTopic(topic, 3);
    }

    /** What may go wrong beside it, for the same reason. */
    default Set<Kind> besides() {
        return Set.of();
    }

    /** What does not count as an anomaly in this story. */
    default Allowed allowed() {
        return Allowed.nothing(Duration.ofSeconds(8));
    }
}
