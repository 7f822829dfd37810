package cli;

import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The settings of the two clients of a consumer that processes records, as far as they differ from Kafka's defaults.
 */
public final class ClientSettings {
    /** Where an option is the way to change a setting. */
    private static final Map<String, String> OPTIONS = Map.of(
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, ", and use --auto-commit",
            ConsumerConfig.GROUP_ID_CONFIG, ", and use --group",
            ConsumerConfig.GROUP_PROTOCOL_CONFIG, ", and use --group-protocol",
            ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, ", and use --instance-id",
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, ", and use --from",
            ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, ", and use --max-poll-interval-ms",
            ConsumerConfig.CLIENT_RACK_CONFIG, ", and use --client-rack",
            ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, ", and use --session-timeout-ms");

    private ClientSettings() {
    }

    /**
     * Of the consumer that reads records.
     *
     * @param client the settings that every client starts with; they are added to
     * @throws Failure if they contradict what a guarantee needs
     */
    public static Properties consumer(Properties client, String group, ConsumerOptions options,
            GuaranteeSwitches guarantees) {
        Settings to = new Settings(client, OPTIONS);
        // true commits what was polled, finished or not; often, so that the loss is visible
        to.fix(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, guarantees.autoCommit);
        to.prefer(ConsumerConfig.AUTO_COMMIT_INTERVAL_MS_CONFIG, 500);
        // where there is no next record, the script decides, and says so: see --from and --on-gap
        to.fix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        // skip aborted orders, and wait for offsets that an open transaction may still commit
        to.fix(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        // the records of one poll share one write and one commit
        to.prefer(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
        // a fetch may exceed a partition's share of --max-in-flight-bytes, but not by much
        to.prefer(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, (int) Math.min(16 << 20, options.maxInFlightBytes / 4));
        // reading must not create a topic, in the wrong shape
        to.fix(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        // bytes, so that a poison pill does not make poll() fail
        to.fix(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        to.fix(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        options.membership(group).forEach(to::fix);
        return client;
    }

    /**
     * Of the producer that writes outcomes and dead letters; the parameters are as above.
     *
     * @param largest the size of the largest dead letter, in bytes, unless the client settings give another
     * @param number  of the transactional id: 0 for that of the options, any other for a new one
     */
    public static Properties writer(Properties client, String group, ConsumerOptions options,
            GuaranteeSwitches guarantees, int largest, int number) {
        Settings to = new Settings(client, OPTIONS);
        // the offset is committed once the outcome is acknowledged: every in-sync replica has to have it by then
        to.fix(ProducerConfig.ACKS_CONFIG, "all");
        // the producer's own retries write no second outcome
        to.fix(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // with more, a batch that a later one overtook can be rejected for good, as in a new topic (KAFKA-15591)
        to.fix(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        // never give up: the record may be written nevertheless, and would then be written twice
        to.fix(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
        // the poll thread waits for every batch
        to.prefer(ProducerConfig.LINGER_MS_CONFIG, 0);
        // and must not wait for a topic that is missing, or for a coordinator, for longer than it may stop polling
        to.prefer(ProducerConfig.MAX_BLOCK_MS_CONFIG, 1_000);
        // room for what one poll brings in
        to.prefer(ProducerConfig.BATCH_SIZE_CONFIG, 128 * 1024);
        // room for the largest dead letter; this limits the size before compression
        to.prefer(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, largest);
        to.fix(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        to.fix(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        if (guarantees.transactional()) {
            // unless it is random, the next start with it ends a transaction that this consumer left open
            to.fix(ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                    options.transactionalId(group) + (number == 0 ? "" : "~" + UUID.randomUUID()));
            // a transaction that a dead consumer left open holds up readers for this long, and for up to 10 s more,
            // since the coordinator looks for those that are overdue only now and then
            to.prefer(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, options.sessionTimeoutMs);
        }
        return client;
    }

    /** The largest record that a producer with these settings may send, in bytes before compression. */
    public static int largestRecord(Properties writer) {
        ProducerConfig config = new ProducerConfig(writer);
        return (int) Math.min(config.getInt(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
                config.getLong(ProducerConfig.BUFFER_MEMORY_CONFIG));
    }
}
