package bench;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import lab.Api;
import lab.Kafka;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Orders as the API writes them to their topic: many at once, or at a steady rate until closed. */
public final class Orders implements AutoCloseable {
    private static final int TICK_MS = 10;

    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final ScheduledExecutorService pacemaker = Executors.newSingleThreadScheduledExecutor();
    private volatile Exception failure;

    private Orders(String bootstrap, String topic) {
        this.topic = topic;
        this.producer = new KafkaProducer<>(Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1, // the topic is new (KAFKA-15591)
                ProducerConfig.BATCH_SIZE_CONFIG, 128 * 1024), // loading is not what is measured
                new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Puts this many orders into a topic, and waits until they are acknowledged. */
    public static void load(String bootstrap, String topic, int count, IntFunction<String> id) {
        try (Orders orders = new Orders(bootstrap, topic)) {
            IntStream.range(0, count).parallel().forEach(i -> orders.send(orders.order(id.apply(i))));
        }
    }

    /** The same with dead letters: each of an order, with a reason and a stack trace of some 1,500 characters. */
    public static void loadDeadLetters(String bootstrap, String topic, int count) {
        byte[] stackTrace = Kafka.bytes("orders.OrderRejected\n" + "\tat orders.A.place(A.java:1234)\n".repeat(40));
        try (Orders orders = new Orders(bootstrap, topic)) {
            IntStream.range(0, count).parallel().forEach(i -> {
                ProducerRecord<byte[], byte[]> letter = orders.order(newId(i));
                letter.headers().add("__dlq.errors.topic", Kafka.bytes("order-events"))
                        .add("__dlq.errors.partition", Kafka.bytes("0"))
                        .add("__dlq.errors.offset", Kafka.bytes(String.valueOf(i)))
                        .add("__dlq.errors.group", Kafka.bytes("order-processor"))
                        .add("__dlq.errors.delivery.count", Kafka.bytes("3"))
                        .add("__dlq.errors.message", Kafka.bytes("order " + newId(i) + " of " + i + " refused"))
                        .add("__dlq.errors.exception", Kafka.bytes("orders.OrderRejected"))
                        .add("__dlq.errors.stacktrace", stackTrace);
                orders.send(letter);
            });
        }
    }

    /** Puts this many new orders a second into a topic, until it is closed. */
    public static Orders flow(String bootstrap, String topic, int perSecond) {
        Orders orders = new Orders(bootstrap, topic);
        orders.pacemaker.scheduleAtFixedRate(
                () -> IntStream.range(0, perSecond * TICK_MS / 1000).mapToObj(i -> orders.order(newId(i)))
                        .forEach(orders::send),
                0, TICK_MS, TimeUnit.MILLISECONDS);
        return orders;
    }

    /** An id that no other order has. */
    static String newId(int ignored) {
        ThreadLocalRandom random = ThreadLocalRandom.current(); // many times faster than UUID's generator
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }

    private ProducerRecord<byte[], byte[]> order(String id) {
        return new ProducerRecord<>(topic, Kafka.bytes(id), Kafka.bytes(Api.record(id, "customer123", "59.98")));
    }

    private void send(ProducerRecord<byte[], byte[]> record) {
        producer.send(record, (metadata, e) -> failure = e == null ? failure : e);
    }

    @Override
    public void close() {
        pacemaker.shutdownNow();
        producer.close();
        if (failure != null) {
            throw new IllegalStateException("not every order was sent", failure);
        }
    }
}
