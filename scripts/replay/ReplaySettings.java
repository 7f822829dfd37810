package replay;

import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The settings of a replay's consumer and producer, each with its reason. */
public final class ReplaySettings {
    private ReplaySettings() {
    }

    /**
     * @param reader settings of a reader that joins no group
     * @param group  that the progress is committed for, and which is never joined
     * @param batch  how many dead letters at most make a batch
     */
    public static Properties consumer(Properties reader, String group, int batch) {
        reader.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        // one poll is one batch
        reader.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, batch);
        return reader;
    }

    /** @param timeout how long it waits for a broker that is gone; there is time for one retry */
    public static Properties producer(Properties client, Duration timeout) {
        client.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        client.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        // "replayed" means that every in-sync replica has the record
        client.put(ProducerConfig.ACKS_CONFIG, "all");
        // the producer's own retries write nothing twice
        client.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // a batch that is too large is split and sent again, and is rejected for good if a later one was accepted
        // meanwhile (as in KAFKA-15591)
        client.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        client.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeout.toMillis());
        client.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) timeout.toMillis());
        client.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) timeout.toMillis() / 2);
        // only the broker limits the size
        client.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.MAX_VALUE);
        // which it checks when compressed: so the record may have fitted into its topic before
        client.putIfAbsent(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip");
        return client;
    }

    /** The same for transactions, which make a batch and its progress one. */
    public static Properties transactional(Properties client, Duration timeout, String id) {
        Properties settings = producer(client, timeout);
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
        return settings;
    }
}
