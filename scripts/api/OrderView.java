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
 * The status of the most recent orders: a bounded view of {@code order-outcomes}, read by its own thread. It joins no
 * group, so that it disturbs none, and starts as far before the end as it can remember. Of {@code order-events} it
 * reads only the records that are there at its start; later orders come from {@link #accepted}.
 */
public final class OrderView implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OrderView.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_FOR_TOPIC = Duration.ofSeconds(2);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(10);
    private static final Duration FOR_EVER = Duration.ofDays(36_500);
    private static final byte[] ACCEPTED = {};

    private final Map<TopicPartition, Long> before = new HashMap<>(); // where the outcomes ended at its start
    private final Recent<byte[]> latest; // the outcome's value, or ACCEPTED
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

    /** @return {@code accepted}, or the outcome as JSON; empty if the order is unknown, or no longer remembered */
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
            LOG.warn("orders accepted before the start cannot be read: {}", e.getMessage());
        }
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings())) {
            long looked = System.nanoTime() - LOOK_FOR_TOPIC.toNanos();
            while (!isClosed()) {
                try {
                    if (System.nanoTime() - looked >= LOOK_FOR_TOPIC.toNanos()) {
                        looked = System.nanoTime();
                        assign(consumer);
                    }
                    if (consumer.assignment().isEmpty()) { // poll() would throw
                        closed.await(POLL.toMillis(), TimeUnit.MILLISECONDS);
                    } else {
                        consumer.poll(POLL).forEach(this::take);
                    }
                } catch (KafkaException e) {
                    LOG.warn("the outcomes of orders cannot be read at present: {}", e.getMessage());
                    closed.await(AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS); // a right takes time to be granted
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
        // an aborted record is not an outcome
        Properties settings = TopicReader.settings(client.get(), "read_committed");
        // a few large fetches: outcomes may show up a little later
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 256 * 1024);
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, (int) POLL.toMillis());
        return settings;
    }

    /** Adds new partitions of the outcomes topic; before the first consumer there is no such topic. */
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
            tails(ends, 2L * most).forEach(consumer::seek); // a transaction marker may follow each,
            // which takes an offset, too
        }
    }

    /** Positions that many records before the ends in all, equally many in each partition. */
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
                latest.putOldest(orderId, record.value()); // never displaces an order without an outcome
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
