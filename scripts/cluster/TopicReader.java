package cluster;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads partitions up to their present end. It assigns partitions and never subscribes, so that no group is disturbed.
 * It skips aborted records, unless asked for them.
 */
public final class TopicReader implements AutoCloseable {
    /** How long a client may take to close, even if the broker is away; the default is 30 s. */
    public static final Duration CLOSE = Duration.ofSeconds(2);

    /** How long a fetch at the end of a partition waits, and holds up the next fetch; the default is 500. */
    public static final int FETCH_WAIT_MS = 100;

    private static final Duration POLL = Duration.ofMillis(200);

    private final Consumer<byte[], byte[]> consumer;
    private final Duration patience;

    /** A reader that waits as long as it takes, for a broker that is away or an open transaction. */
    public TopicReader(Properties client) {
        this(client, "read_committed", null); // an aborted record is not an outcome
    }

    /**
     * @param isolationLevel read_committed or read_uncommitted
     * @param patience       how long to wait without a record before a present end; null for ever
     */
    public TopicReader(Properties client, String isolationLevel, Duration patience) {
        this.patience = patience;
        consumer = new KafkaConsumer<>(settings(client, isolationLevel));
    }

    /**
     * The settings of a reader that joins no group and changes nothing.
     *
     * @param client         the settings to start with; they are added to
     * @param isolationLevel read_committed or read_uncommitted
     * @return {@code client}
     */
    public static Properties settings(Properties client, String isolationLevel) {
        // bytes, so that a poison pill does not make poll() fail
        client.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        client.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        // there is no group to commit for
        client.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // reading must not create a topic
        client.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        client.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MS);
        // read_committed skips aborted records
        client.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolationLevel);
        // skip what retention has removed
        client.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return client;
    }

    /** All partitions of a topic. */
    public List<TopicPartition> partitions(String topic) {
        return consumer.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition())).toList();
    }

    /** Where the partitions end now: the offset of the next record. */
    public Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions) {
        consumer.assign(partitions);
        return consumer.endOffsets(partitions);
    }

    /** Where the partitions begin now: the offset of the first record that retention has left. */
    public Map<TopicPartition, Long> beginnings(Collection<TopicPartition> partitions) {
        return consumer.beginningOffsets(partitions);
    }

    /**
     * Passes every record from the beginning to the present end to the sink, or fewer if {@code enough} is true first.
     */
    public void readAll(Collection<TopicPartition> partitions, BooleanSupplier enough,
            java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> sink) {
        readAll(ends(partitions), enough, sink);
    }

    /** The same to given ends; waits for transactions that are open before them. */
    public void readAll(Map<TopicPartition, Long> ends, BooleanSupplier enough,
            java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> sink) {
        consumer.assign(ends.keySet()); // without this, it logs a warning
        read(beginnings(ends.keySet()), ends, enough, sink);
    }

    /** The same from given offsets on to the present end. */
    public void read(Map<TopicPartition, Long> from, BooleanSupplier enough,
            java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> sink) {
        read(from, ends(from.keySet()), enough, sink);
    }

    /**
     * The same from given offsets to given ends, which may lie in the future: all of them at {@link Long#MAX_VALUE}.
     *
     * @throws TimeoutException if there was no record for too long before a present end
     */
    public void read(Map<TopicPartition, Long> from, Map<TopicPartition, Long> ends, BooleanSupplier enough,
            java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> sink) {
        consumer.assign(from.keySet());
        from.forEach(consumer::seek);
        Patience bound = new Patience(ends.containsValue(Long.MAX_VALUE) ? null : patience); // not for the future
        while (!enough.getAsBoolean() && ends.entrySet().stream().anyMatch(this::before)) {
            bound.check(consumer);
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL); // an empty poll does not mean the end
            for (TopicPartition partition : records.partitions()) {
                long end = ends.get(partition);
                records.records(partition).stream().filter(record -> record.offset() < end).forEach(sink);
            }
        }
    }

    /** Passes the first records of each partition to the sink: so many, or a few more, or all to its end. */
    public void readFirst(int records, Map<TopicPartition, Long> ends,
            java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> sink) {
        consumer.assign(ends.keySet());
        consumer.seekToBeginning(ends.keySet());
        Map<TopicPartition, Integer> read = new HashMap<>();
        Patience bound = new Patience(patience);
        while (true) {
            consumer.pause(ends.entrySet().stream()
                    .filter(end -> !before(end) || read.getOrDefault(end.getKey(), 0) >= records)
                    .map(Map.Entry::getKey).toList());
            if (consumer.paused().size() == ends.size()) {
                return;
            }
            bound.check(consumer);
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                sink.accept(record);
                read.merge(new TopicPartition(record.topic(), record.partition()), 1, Integer::sum);
            }
        }
    }

    private boolean before(Map.Entry<TopicPartition, Long> end) {
        return consumer.position(end.getKey()) < end.getValue(); // also right with gaps, unlike a count
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE));
    }

    /** A bound for how long a consumer may make no progress: if its broker is gone, it would poll for ever. */
    public static final class Patience {
        private final Duration bound;
        private Map<TopicPartition, Long> at = Map.of();
        private long since = System.nanoTime();

        /** @param bound null for none */
        public Patience(Duration bound) {
            this.bound = bound;
        }

        /** @throws TimeoutException if it has made no progress for too long */
        public void check(Consumer<?, ?> consumer) {
            if (bound == null) {
                return;
            }
            Map<TopicPartition, Long> now = consumer.assignment().stream()
                    .collect(Collectors.toMap(partition -> partition, consumer::position));
            if (!now.equals(at)) { // records came, or a gap was skipped
                at = now;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > bound.toNanos()) {
                throw new TimeoutException("no record came after " + at + " for " + bound.toSeconds() + " s");
            }
        }
    }
}
