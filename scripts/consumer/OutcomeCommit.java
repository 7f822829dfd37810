package consumer;

import java.util.Collection;
import java.util.Properties;
import orders.Topics;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The one door through which everything leaves the consumer, on the poll thread: first outcomes and dead letters, then
 * the offsets of the records they come from. {@link ManualCommit} and {@link TransactionalCommit} are the two ways.
 */
public interface OutcomeCommit extends AutoCloseable {
    /**
     * Takes over what is handled: writes what it calls for, and commits the offsets up to the first record of each
     * partition that is not finished. What cannot be written now, or is better written with more, is kept for the next
     * call.
     *
     * @throws org.apache.kafka.common.KafkaException if no further try would help
     */
    void commit(Collection<Handled> done);

    /** Writes and commits what is left, without waiting for more. */
    void finish();

    @Override
    void close();

    /** The producer for outcomes and dead letters; {@code settings} are added to. */
    static Producer<byte[], byte[]> producer(Properties settings) {
        settings.put(ProducerConfig.ACKS_CONFIG, "all"); // an offset is committed on the strength of it
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true); // a retry adds no second outcome
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1); // a batch overtaken by the next can be
        // refused for good, as the first ones of a topic that is just being made (KAFKA-15591)
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE); // to give up and send anew adds one
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0); // a flush follows every batch anyway
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 128 * 1024); // room for what one poll brings in
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.LARGEST_DEAD_LETTER); // the largest, with headers
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return new KafkaProducer<>(settings);
    }
}
