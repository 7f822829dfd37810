package orders;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What became of the most recent orders: a bounded view of {@code order-events} and {@code order-outcomes}, read by a
 * thread of its own. It joins no group, so that it disturbs none, and begins as far before the ends of the topics as it
 * can remember.
 */
public final class OrderView implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OrderView.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_FOR_TOPICS = Duration.ofSeconds(2);
    private static final byte[] ACCEPTED = {};

    private final Cache<String, byte[]> orders; // to the value of the outcome, or ACCEPTED
    private final Properties client;
    private final String events;
    private final String outcomes;
    private final int most;
    private final Thread reader = Thread.ofPlatform().daemon().name("order-view").unstarted(this::read);
    private final Set<TopicPartition> assigned = new HashSet<>();
    private volatile boolean closed;

    /** @param most how many orders to remember */
    public OrderView(Properties client, String events, String outcomes, int most) {
        this.client = client;
        this.events = events;
        this.outcomes = outcomes;
        this.most = most;
        this.orders = Caffeine.newBuilder().maximumSize(most).build();
        reader.start();
    }

    /** Notes an order before its record comes by, so that who asks at once is not told that it is unknown. */
    public void accepted(String orderId) {
        orders.asMap().putIfAbsent(orderId, ACCEPTED);
    }

    /** @return {@code accepted}, or the outcome as JSON; empty if the order is unknown, or forgotten */
    public Optional<byte[]> outcome(String orderId) {
        return Optional.ofNullable(orders.getIfPresent(orderId));
    }

    public static boolean isAccepted(byte[] outcome) {
        return outcome.length == 0;
    }

    private void read() {
        client.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        client.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        client.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false); // there is no group to commit for
        client.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false); // the ledger is the consumer's to create
        client.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed"); // what was aborted is no outcome
        client.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"); // what retention took away is passed over
        client.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 256 * 1024); // rarely, and much: it need not be at once
        client.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, (int) POLL.toMillis());
        client.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(client)) {
            long looked = System.nanoTime() - LOOK_FOR_TOPICS.toNanos();
            while (!closed) {
                try {
                    if (System.nanoTime() - looked >= LOOK_FOR_TOPICS.toNanos()) {
                        assign(consumer);
                        looked = System.nanoTime();
                    }
                    consumer.poll(POLL).forEach(this::take);
                } catch (KafkaException e) {
                    LOG.warn("what becomes of orders cannot be seen at present: {}", e.getMessage());
                    looked = System.nanoTime();
                }
            }
        }
    }

    /** Takes on partitions that are new, from as far before their ends as can be remembered. */
    private void assign(Consumer<?, ?> consumer) {
        List<TopicPartition> fresh = new ArrayList<>();
        for (String topic : List.of(events, outcomes)) {
            for (PartitionInfo partition : consumer.partitionsFor(topic)) {
                fresh.add(new TopicPartition(topic, partition.partition()));
            }
        }
        fresh.removeAll(assigned);
        if (!fresh.isEmpty()) {
            assigned.addAll(fresh);
            consumer.assign(assigned);
            Map<TopicPartition, Long> first = consumer.beginningOffsets(fresh);
            Map<TopicPartition, Long> ends = consumer.endOffsets(fresh);
            fresh.forEach(partition -> consumer.seek(partition, Math.max(first.get(partition),
                    ends.get(partition) - most)));
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null) {
            return;
        }
        String orderId = new String(record.key(), StandardCharsets.UTF_8);
        if (record.topic().equals(events)) {
            accepted(orderId);
        } else if (record.value() != null) {
            orders.put(orderId, record.value());
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
