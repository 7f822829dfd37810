package matrix;

import history.Allowed;
import java.time.Duration;
import java.util.Map;
import lab.Kafka;
import lab.Running;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import story.Side;
import story.Verdict;

/**
 * A short life of a script, which is killed in the middle of it, and the next one, which has to finish what the first
 * one began. Each has topics and a group of its own.
 */
abstract class Life {
    static final Duration LONGEST_WAIT = Duration.ofSeconds(8);

    final Side side;

    Life(Side side) {
        this.side = side;
    }

    /** Creates the topics, with what the script finds there. */
    abstract void prepare();

    /**
     * Starts it.
     *
     * @param name      of this life, in the history
     * @param bootstrap where it finds Kafka
     */
    abstract Running start(String name, String bootstrap);

    /** Whether it has done everything. */
    abstract boolean isDone();

    /** Kills it with -9. */
    abstract void kill();

    /** What is done beside it in its second life, so that there is something to do. */
    void goOn() {
    }

    /** Whether something was repeated that this way to run the script may repeat. */
    abstract boolean repeats();

    /** What is wrong at the end, once the second life has done everything. */
    abstract Verdict verdict() throws Exception;

    /**
     * The same for a script that writes orders. If it wrote one twice, a consumer has to recognise that.
     *
     * @param expected how many records there are if nothing was repeated
     */
    final Verdict verdictOfOrders(int expected) throws Exception {
        if (side.records() > expected) {
            side.consumer("consumer-1", "--instance-id", "one", "--no-failures");
            side.until("the consumer has done all", this::isConsumed);
        }
        return side.verdict("", Allowed.nothing(LONGEST_WAIT));
    }

    /** Compared with the places of records: a transaction's marker may be behind the last one. */
    private boolean isConsumed() {
        Kafka kafka = side.lab().kafka();
        Map<Integer, Long> committed = kafka.committed(side.lab().group, side.lab().events);
        return kafka.visibleRecords(side.lab().events).stream().allMatch(record -> isPassed(record, committed));
    }

    private static boolean isPassed(ConsumerRecord<?, ?> record, Map<Integer, Long> committed) {
        return committed.getOrDefault(record.partition(), 0L) > record.offset();
    }
}
