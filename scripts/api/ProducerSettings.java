package api;

import cli.Settings;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The settings of the producer that writes orders, as far as they differ from Kafka's defaults, and why. */
public final class ProducerSettings {
    private static final int MAX_BLOCK_MS = 20;
    private static final long TEN_YEARS_MS = Duration.ofDays(3650).toMillis();

    private ProducerSettings() {
    }

    /**
     * @param client the settings that every client starts with; they are added to
     * @throws cli.Failure if they contradict what a guarantee needs
     */
    public static Properties of(Properties client, DeliveryOptions delivery) {
        Settings to = new Settings(client, Map.of(ProducerConfig.ACKS_CONFIG, ", and use --acks",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, ", and use --no-idempotence",
                ProducerConfig.BUFFER_MEMORY_CONFIG, ", and use --buffer-memory"));
        // with all, a 201 means that every in-sync replica has the order
        to.fix(ProducerConfig.ACKS_CONFIG, delivery.acks);
        // the producer's own retries add no record
        to.fix(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, delivery.idempotent());
        // never give up: the order may be written nevertheless, and twice if its client repeats it
        to.fix(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
        to.fix(ProducerConfig.RETRIES_CONFIG, Integer.MAX_VALUE);
        // one order, one partition, one ledger
        to.fix(ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG, false);
        to.forbid(ProducerConfig.PARTITIONER_CLASS_CONFIG);
        // an order is one record, and not part of a transaction that somebody has to end
        to.forbid(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
        // with more, a batch that a later one overtook can be rejected for good (KAFKA-15591); and orders that come in
        // while one batch is in flight form the next batch, which is faster
        to.fix(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        // clients wait for the answer: with 1 ms, 32 clients send a third less
        to.prefer(ProducerConfig.LINGER_MS_CONFIG, 0);
        // waiting orders are bounded in bytes, too
        to.fix(ProducerConfig.BUFFER_MEMORY_CONFIG, delivery.bufferMemory);
        // when the buffer is full, answer 503 at once; no thread blocks
        to.fix(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MS);
        // keep the topic's metadata: to fetch it again after a pause takes longer than max.block.ms
        to.fix(ProducerConfig.METADATA_MAX_IDLE_CONFIG, TEN_YEARS_MS);
        // notice a lost response, and send the order again, while its client still waits
        to.prefer(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, delivery.timeoutMs / 2);
        // idle connections stay open, so that no connection means that no broker is reachable
        to.fix(ProducerConfig.CONNECTIONS_MAX_IDLE_MS_CONFIG, -1);
        to.fix(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class.getName());
        to.fix(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        return client;
    }
}
