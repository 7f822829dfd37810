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
public abstract class Guarantee {
    private final String question;
    private final String off;
    private final Kind anomaly;

    /**
     * What is known before the story begins.
     *
     * @param question what a person would ask, in one line
     * @param off      the options, or the broker's setting, that switch the guarantee off
     * @param anomaly  what goes wrong then
     */
    protected Guarantee(String question, String off, Kind anomaly) {
        this.question = question;
        this.off = off;
        this.anomaly = anomaly;
    }

    public final String question() {
        return question;
    }

    public final String off() {
        return off;
    }

    public final Kind anomaly() {
        return anomaly;
    }

    /**
     * What happens to both. It has to note what the fault was seen to do ({@link Side#bit}): without that it proves
     * nothing.
     *
     * @return what the system did, in a few words for people, such as "20 of 20 orders done"
     */
    public abstract String happens(Side side) throws Exception;

    /**
     * The brokers of the two sides. Those that it starts here are closed after the story.
     *
     * @param given a broker that others use, too
     * @param folder for their data and logs
     */
    public Brokers brokers(Broker given, Path folder) {
        return new Brokers(given, given);
    }

    /** A broker for each side. */
    public record Brokers(Broker asBuilt, Broker broken) {
    }

    /** Creates the topic of the orders. */
    public void createTopic(Kafka kafka, String topic) {
        kafka.createTopic(topic, 3);
    }

    /** What else may go wrong then, for the same reason; nothing, as a rule. */
    public Set<Kind> besides() {
        return Set.of();
    }

    /** What does not count as an anomaly in this story. */
    public Allowed allowed() {
        return Allowed.nothing(Duration.ofSeconds(8));
    }
}
