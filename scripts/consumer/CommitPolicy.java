package consumer;

import java.util.List;
import org.apache.kafka.clients.producer.Producer;

/**
 * Runs one of the two ways to write a batch and commit its offsets, and knows what to do when that fails. It has the
 * producer. For the poll thread only.
 */
public interface CommitPolicy extends AutoCloseable {
    /** The happy path: write, commit. It catches no failure of Kafka's. */
    @FunctionalInterface
    interface HappyPath {
        void run(Producer<byte[], byte[]> producer, List<Handled> batch);
    }

    /**
     * What cannot be written or committed now stays pending, or comes again by a poll.
     *
     * @throws org.apache.kafka.common.KafkaException if no further try would help
     */
    void commit(List<Handled> batch);

    @Override
    void close();
}
