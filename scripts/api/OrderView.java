package api;

import cluster.TopicReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What became of the most recent orders: a bounded view of {@code order-outcomes}, read by a thread of its own. It
 * joins no group, so that it disturbs none, and begins as far before the end as it can remember. Of {@code
 * order-events} it reads only what was there when it began; what is accepted from then on it is told.
 */
public final class OrderView implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OrderView.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_FOR_TOPIC = Duration.ofSeconds(2);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(10);
    private static final Duration FOR_EVER = Duration.ofDays(36_500);
    private static final byte[] ACCEPTED = {};

    private final Map<TopicPartition, Long> before = new HashMap<>(); // where the outcomes ended when it began
    private final Recent<byte[]> latest; // to the value of the outcome, or ACCEPTED
    private final Supplier<Properties> client;
    private final String events;
    private final String outcomes;
    private final int most;
    private final Thread reader = Thread.ofPlatform().daemon().name("order-view").unstarted(this::read);
    private final CountDownLatch closed = new CountDownLatch(1);

    /**
     * @param client gives the settings of a new client
     * @param most   how many orders to remember
     */
    public OrderView(Supplier<Properties> client, String events, String outcomes, int most) {
        this.client = client;
        this.events = events;
        this.outcomes = outcomes;
        this.most = most;
        this.latest = new Recent<>(most, FOR_EVER, outcome -> true);
        reader.start();
    }

    /** Notes an order that Kafka has acknowledged. */
    public void accepted(String orderId) {
        latest.putIfAbsent(orderId, ACCEPTED);
    }

    /** @return {@code accepted}, or the outcome as JSON; empty if the order is unknown, or forgotten */
    public Optional<byte[]> outcome(String orderId) {
        return Optional.ofNullable(latest.get(orderId));
    }

    /** How many orders it remembers at most. */
    public int most() {
        return most;
    }

    public static boolean isAccepted(byte[] outcome) {
        return outcome.length == 0;
    }

    private void read() {
        try (TopicReader reader = new TopicReader(client.get())) {
            reader.read(tails(reader.ends(reader.partitions(events)), most), this::isClosed, this::take);
        } catch (KafkaException e) {
            LOG.warn("what was accepted before cannot be seen: {}", e.getMessage());
        }
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings())) {
            long looked = System.nanoTime() - LOOK_FOR_TOPIC.toNanos();
            while (!isClosed()) {
                try {
                    if (System.nanoTime() - looked >= LOOK_FOR_TOPIC.toNanos()) {
                        looked = System.nanoTime();
                        assign(consumer);
                    }
                    if (consumer.assignment().isEmpty()) { // to poll would be an error
                        closed.await(POLL.toMillis(), TimeUnit.MILLISECONDS);
                    } else {
                        consumer.poll(POLL).forEach(this::take);
                    }
                } catch (KafkaException e) {
                    LOG.warn("what becomes of orders cannot be seen at present: {}", e.getMessage());
                    closed.await(AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS); // a right does not come at once
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private Properties settings() {
        // what was aborted is not an outcome
        Properties settings = TopicReader.settings(client.get(), "read_committed");
        // rarely, and much: it need not be at once
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 256 * 1024);
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, (int) POLL.toMillis());
        return settings;
    }

    /** Takes on partitions of the outcomes that are new; before the first consumer there is no such topic. */
    private void assign(Consumer<?, ?> consumer) {
        List<TopicPartition> fresh = new ArrayList<>(consumer.partitionsFor(outcomes).stream()
                .map(partition -> new TopicPartition(outcomes, partition.partition())).toList());
        fresh.removeAll(consumer.assignment());
        if (!fresh.isEmpty()) {
            Set<TopicPartition> all = new HashSet<>(consumer.assignment());
            all.addAll(fresh);
            consumer.assign(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(fresh);
            before.putAll(ends);
            tails(ends, 2L * most).forEach(consumer::seek); // each may have the marker of a transaction behind it,
            // which takes an offset, too
        }
    }

    /** So many records before the ends in all, as if each partition had as many. */
    private static Map<TopicPartition, Long> tails(Map<TopicPartition, Long> ends, long records) {
        return ends.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey,
                end -> Math.max(0, end.getValue() - Math.ceilDiv(records, ends.size()))));
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null) {
            return;
        }
        String orderId = new String(record.key(), StandardCharsets.UTF_8);
        if (record.topic().equals(events)) {
            accepted(orderId);
        } else if (record.value() != null) {
            if (record.offset() < before.get(new TopicPartition(record.topic(), record.partition()))) {
                latest.putEldest(orderId, record.value()); // not in place of one that waits for its outcome
            } else {
                latest.put(orderId, record.value());
            }
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
