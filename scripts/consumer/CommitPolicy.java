package consumer;

import java.util.List;
import org.apache.kafka.clients.producer.Producer;

/**
 * Runs one of the two ways to write a batch and commit its offsets, and knows what to do when that fails. It has the
 * producer. For the poll thread only.
 */
public interface CommitPolicy extends AutoCloseable {
    /** The happy path: write, commit. It catches no failure of Kafka's. The batch may be empty. */
    @FunctionalInterface
    interface HappyPath {
        void run(Producer<byte[], byte[]> producer, List<Handled> batch);
    }

    /**
     * What cannot be written or committed now stays pending, or comes again by a poll.
     *
     * @throws RuntimeException if no further try would help; from then on this does nothing
     */
    void commit(List<Handled> batch);

    /** The same for partitions that leave: without waiting for a broker that is away. */
    void finish(List<Handled> rest);

    /** Closes the producer. From then on nothing is written. */
    @Override
    void close();
}
