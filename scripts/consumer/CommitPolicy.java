package consumer;

import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.producer.Producer;

/**
 * Writes a batch and commits its offsets in one of two ways, and handles failures. It owns the producer. For the poll
 * thread only.
 */
public interface CommitPolicy extends AutoCloseable {
    /** The happy path: write, commit. It does not catch Kafka's exceptions. The batch may be empty. */
    @FunctionalInterface
    interface HappyPath {
        void run(Producer<byte[], byte[]> producer, List<Handled> batch);
    }

    /**
     * Writes and commits. What cannot be written or committed now stays pending, or is polled again. If the broker is
     * away, this may poll, so that the group does not remove the consumer.
     *
     * @throws RuntimeException if another attempt would not help; after that, this does nothing
     */
    void commit(List<Handled> batch);

    /** The same within the callback of a rebalance: it neither polls nor waits for a broker that is away. */
    void finish(List<Handled> rest);

    /** Closes a producer in the background, if it has to wait longer than this: its thread may wait for a broker. */
    static void close(Producer<?, ?> producer, Duration timeout) {
        try {
            Thread.ofPlatform().daemon().name("close").start(() -> producer.close(timeout)).join(timeout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes the producer. From then on nothing is written. */
    @Override
    void close();
}
