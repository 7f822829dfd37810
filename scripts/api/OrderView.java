package api;

import api.KnownOrders.Identity;
import api.KnownOrders.Place;
import cluster.TopicReader;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import messages.Digest;
import messages.Json;
import messages.Message;
import messages.PermanentFailure;
import orders.Order;
import orders.OrderReader;
import orders.Outcome;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads into {@link KnownOrders} what the two topics say, in a thread of its own. It starts as far before their ends as
 * that can remember, outcomes first: most orders have one, and then their records need not be parsed. Then it follows
 * both, so that two APIs see each other's orders. It joins no group, so that it disturbs none.
 */
public final class OrderView implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OrderView.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_FOR_PARTITIONS = Duration.ofSeconds(2);
    private static final Duration SAY_SO = Duration.ofSeconds(5);
    private static final Duration UNTIL_IT_IS_GRANTED = Duration.ofSeconds(10);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(2);
    private static final int FEW = 20_000; // records that one reader reads in a moment
    private static final int LONGEST_REASON = 1_000;

    private final KnownOrders orders;
    private final Supplier<Properties> client;
    private final String events;
    private final String outcomes;
    private final OrderReader format = new OrderReader();
    private final Map<Integer, Long> last = new ConcurrentHashMap<>(); // by partition: the last offset in the events
    private final Thread thread = Thread.ofPlatform().daemon().name("order-view").unstarted(this::run);
    private final CountDownLatch caughtUp = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile String failure; // what is wrong at present; null if nothing is

    /** @param client gives the settings of a new client */
    public OrderView(KnownOrders orders, Supplier<Properties> client, String events, String outcomes) {
        this.orders = orders;
        this.client = client;
        this.events = events;
        this.outcomes = outcomes;
        thread.start();
    }

    /** Waits until all is known that was written before the start, however long that takes, unless it is to stop. */
    public void awaitCaughtUp(BooleanSupplier stop) throws InterruptedException {
        long saidAt = System.nanoTime();
        while (!caughtUp.await(POLL.toMillis(), TimeUnit.MILLISECONDS) && !stop.getAsBoolean()) {
            if (System.nanoTime() - saidAt > SAY_SO.toNanos()) {
                saidAt = System.nanoTime();
                LOG.info("reading which orders were placed before{}", failure == null ? "" : ": " + failure);
            }
        }
    }

    /** What is wrong at present, in words; null if nothing is. */
    public String failure() {
        return failure;
    }

    /** Whatever happens, it begins again: without it, later requests would be answered by what is no longer true. */
    private void run() {
        try {
            while (!isClosed()) {
                try {
                    follow(catchUp());
                } catch (AuthorizationException e) { // waiting does not help the requests that come meanwhile
                    endRestore();
                    failed("orders that were placed before the start, or at another instance, are not known here",
                            e, UNTIL_IT_IS_GRANTED);
                } catch (RuntimeException e) {
                    failed("orders and outcomes cannot be read at present, will try again", e, AFTER_FAILURE);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void failed(String what, RuntimeException e, Duration pause) throws InterruptedException {
        if (!isClosed()) {
            if (failure == null) {
                LOG.warn("{}: {}", what, e.getMessage());
            }
            failure = e.toString();
            closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    // --- up to the present ends -------------------------------------------------------------------------------------

    /** @return where each partition was read up to */
    private Map<TopicPartition, Long> catchUp() throws InterruptedException {
        Map<TopicPartition, Long> positions = new HashMap<>();
        last.clear();
        try (TopicReader reader = new TopicReader(client.get())) {
            List<TopicPartition> written = reader.partitions(outcomes);
            positions.putAll(readTail(reader, reader.ends(written), 2)); // a transaction marker may follow each
            List<TopicPartition> placed = reader.partitions(events);
            positions.putAll(readTail(reader, ends(placed), 1));
        }
        endRestore();
        return positions;
    }

    private void endRestore() {
        orders.restored();
        caughtUp.countDown();
    }

    /** Open transactions included: what comes after them is acknowledged, and is waited for. */
    private Map<TopicPartition, Long> ends(List<TopicPartition> partitions) {
        try (TopicReader all = new TopicReader(client.get(), "read_uncommitted", null)) {
            return all.ends(partitions);
        }
    }

    private Map<TopicPartition, Long> readTail(TopicReader reader, Map<TopicPartition, Long> ends, int offsetsEach)
            throws InterruptedException {
        if (ends.isEmpty()) { // the first consumer creates the outcomes
            return ends;
        }
        Map<TopicPartition, Long> from = tails(reader.beginnings(ends.keySet()), ends,
                (long) offsetsEach * orders.most());
        long records = ends.entrySet().stream().mapToLong(end -> end.getValue() - from.get(end.getKey())).sum();
        if (records <= FEW) {
            reader.read(from, ends, this::isClosed, this::take);
        } else {
            readEach(from, ends);
        }
        return ends;
    }

    /** Several partitions at a time: a reader can use a core alone. */
    private void readEach(Map<TopicPartition, Long> from, Map<TopicPartition, Long> ends) throws InterruptedException {
        int threads = Math.min(from.size(), Runtime.getRuntime().availableProcessors());
        try (ExecutorService readers = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> parts = new ArrayList<>();
            from.forEach((partition, first) -> parts.add(readers.submit(() -> {
                try (TopicReader reader = new TopicReader(client.get())) {
                    reader.read(Map.of(partition, first), Map.of(partition, ends.get(partition)), this::isClosed,
                            this::take);
                }
            })));
            for (Future<?> part : parts) {
                part.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    /** Positions that many records before the ends in all; what one partition does not have, others may. */
    private static Map<TopicPartition, Long> tails(Map<TopicPartition, Long> beginnings,
            Map<TopicPartition, Long> ends, long records) {
        Map<TopicPartition, Long> from = new HashMap<>();
        long left = records;
        List<TopicPartition> fewestFirst = ends.keySet().stream().sorted(Comparator.comparingLong(
                partition -> ends.get(partition) - beginnings.get(partition))).toList();
        for (TopicPartition partition : fewestFirst) {
            long end = ends.get(partition);
            long share = Math.min(end - beginnings.get(partition),
                    Math.ceilDiv(left, ends.size() - from.size()));
            from.put(partition, end - share);
            left -= share;
        }
        return from;
    }

    // --- from then on -----------------------------------------------------------------------------------------------

    private void follow(Map<TopicPartition, Long> positions) throws InterruptedException {
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings())) {
            consumer.assign(positions.keySet());
            positions.forEach(consumer::seek);
            long looked = System.nanoTime();
            while (!isClosed()) {
                if (consumer.assignment().isEmpty()) { // poll() would throw
                    closed.await(POLL.toMillis(), TimeUnit.MILLISECONDS);
                } else {
                    consumer.poll(POLL).forEach(this::take);
                }
                failure = null;
                if (System.nanoTime() - looked >= LOOK_FOR_PARTITIONS.toNanos()) {
                    looked = System.nanoTime();
                    addNewPartitions(consumer);
                }
            }
        }
    }

    private Properties settings() {
        // an aborted record is not an outcome
        Properties settings = TopicReader.settings(client.get(), "read_committed");
        // a few large fetches: what others write may show up a little later
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 256 * 1024);
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, (int) POLL.toMillis());
        // else it would learn of new partitions after five minutes
        settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, LOOK_FOR_PARTITIONS.toMillis());
        return settings;
    }

    /** Before the first consumer there is no topic of outcomes, and partitions may be added. */
    private void addNewPartitions(Consumer<?, ?> consumer) {
        List<TopicPartition> all = new ArrayList<>(consumer.assignment());
        List<TopicPartition> fresh = new ArrayList<>();
        for (String topic : List.of(outcomes, events)) {
            consumer.partitionsFor(topic).stream().map(found -> new TopicPartition(topic, found.partition()))
                    .filter(found -> !all.contains(found)).forEach(fresh::add);
        }
        if (!fresh.isEmpty()) {
            all.addAll(fresh);
            consumer.assign(all);
            consumer.seekToBeginning(fresh);
        }
    }

    // --- records ----------------------------------------------------------------------------------------------------

    /** What cannot be read is a poison pill, or another's: it is not an order, and nobody waits for it here. */
    private void take(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null || record.value() == null) {
            return;
        }
        try {
            if (record.topic().equals(outcomes)) {
                takeOutcome(Json.read(record.value()));
                return;
            }
            Long before = last.put(record.partition(), record.offset());
            if (before != null && record.offset() <= before) {
                LOG.warn("{} was deleted and made again: its former orders are not known any longer", events);
                orders.clear();
                last.clear();
            }
            Digest id = Digest.of(record.key());
            if (caughtUp.getCount() > 0) {
                orders.makeLatest(id);
            }
            if (!orders.knows(id, place(record))) {
                Message<Order> order = format.read(record);
                orders.written(Identity.of(order.id(), order.body().idempotencyKey(), order.content()), place(record));
            }
        } catch (PermanentFailure | JsonProcessingException | IllegalArgumentException | DateTimeException e) {
            LOG.debug("{}-{}@{} is left out: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
        }
    }

    private void takeOutcome(JsonNode json) {
        JsonNode source = json.required("source");
        if (!source.path("topic").asText(events).equals(events)) {
            return; // an order of another topic
        }
        Place place = new Place(source.required("partition").asInt(), source.required("offset").asLong());
        Digest content = json.hasNonNull("content_digest") ? Digest.parse(json.get("content_digest").asText()) : null;
        String reason = json.path("reason").isNull() ? null : json.path("reason").asText();
        orders.outcome(Identity.of(json.required("order_id").asText(), json.path("idempotency_key").textValue(),
                        content),
                new KnownOrders.Outcome(status(json.required("status").asText()), reason == null ? null
                        : reason.substring(0, Math.min(reason.length(), LONGEST_REASON)),
                        json.path("attempts").asInt(), Instant.parse(json.required("at").asText()), place, content));
    }

    /** One object for all orders, in place of one for each. */
    private static String status(String text) {
        return text.equals(Outcome.PROCESSED) ? Outcome.PROCESSED : text.equals(Outcome.DEAD_LETTERED)
                ? Outcome.DEAD_LETTERED : text;
    }

    private static Place place(ConsumerRecord<?, ?> record) {
        return new Place(record.partition(), record.offset());
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
