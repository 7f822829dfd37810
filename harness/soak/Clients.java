package soak;

import history.Event.Accepted;
import history.Event.Answer;
import history.Event.Invoked;
import history.Event.Unknown;
import history.Place;
import history.Recorder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import lab.Api;
import lab.Kafka;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import story.Orders;
import story.RecordedApi;

/**
 * Clients that place orders, so many a second: through an API with a key, repeated until they are accepted or the
 * client gives up; without a key, once; straight to the topic, some of them again or with other content, some not JSON.
 */
final class Clients implements AutoCloseable {
    private static final int AT_A_TIME = 200;
    private static final int TRIES = 3;
    private static final int REPEATS = 5;
    private static final int REMEMBERED = 300; // orders that may come again

    private final Subject subject;
    private final Recorder recorder;
    private final Random random;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Semaphore busy = new Semaphore(AT_A_TIME);
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicLong writers = new AtomicLong();
    private final List<Order> earlier = new ArrayList<>();
    private final Queue<Runnable> unknown = new ConcurrentLinkedQueue<>(); // what would repeat it
    private final Thread thread;
    private final long intervalNanos;
    private volatile boolean paused = true;
    private volatile boolean closed;

    private record Order(String id, String customer) {
        String json(String total) {
            return Api.record(id, customer, total);
        }
    }

    /** @param rate orders a second, once they are resumed */
    Clients(Subject subject, Recorder recorder, long seed, int rate) {
        this.subject = subject;
        this.recorder = recorder;
        random = new Random(seed);
        producer = new KafkaProducer<>(Map.of("bootstrap.servers", subject.bootstrap(), "linger.ms", 0,
                "max.in.flight.requests.per.connection", 1, "request.timeout.ms", 5_000, "delivery.timeout.ms", 20_000,
                "max.block.ms", 2_000), new ByteArraySerializer(), new ByteArraySerializer());
        intervalNanos = 1_000_000_000L / rate;
        thread = Thread.ofPlatform().daemon().name("clients").start(this::place);
    }

    /** How many orders were placed, or tried to. */
    long placed() {
        return numbers.get();
    }

    void resume() {
        paused = false;
    }

    /** Returns when each that has begun has ended. */
    void pause() {
        paused = true;
        busy.acquireUninterruptibly(AT_A_TIME);
        busy.release(AT_A_TIME);
    }

    private void place() {
        long next = System.nanoTime();
        while (!closed) {
            next = Math.max(next + intervalNanos, System.nanoTime() - 10 * intervalNanos);
            try {
                Thread.sleep(Duration.ofNanos(Math.max(0, next - System.nanoTime())));
            } catch (InterruptedException e) {
                return;
            }
            if (!paused && busy.tryAcquire()) {
                Runnable one = one();
                Thread.ofVirtual().start(() -> {
                    try {
                        one.run();
                    } finally {
                        busy.release();
                    }
                });
            }
        }
    }

    /** The next one, chosen by chance. */
    private Runnable one() {
        int percent = random.nextInt(100);
        Random own = new Random(random.nextLong());
        if (percent < 4) {
            String number = String.valueOf(numbers.incrementAndGet());
            return () -> send("poison-" + number, "this is not JSON, number " + number);
        }
        if (percent < 12 && !earlier.isEmpty()) {
            Order again = earlier.get(random.nextInt(earlier.size()));
            String total = random.nextInt(4) == 0 ? "2" : "1"; // other content
            return () -> send(again.id, again.json(total));
        }
        int kind = random.nextInt(100);
        Order order = new Order("order-" + numbers.incrementAndGet(), "customer" + (kind < 8 ? "f" : kind < 14 ? "r"
                : "123"));
        if (earlier.size() < REMEMBERED) {
            earlier.add(order);
        } else {
            earlier.set(random.nextInt(REMEMBERED), order);
        }
        if (percent < 26) {
            return () -> send(order.id, order.json("1"));
        }
        return percent < 36 ? () -> postOnce(order, own) : () -> postUntilAccepted(order, own, percent < 46);
    }

    // --- through an API -------------------------------------------------------------------------------------------

    /** @param repeats whether the client asks once more, although it has its answer */
    private void postUntilAccepted(Order order, Random random, boolean repeats) {
        boolean unknown = false;
        for (int i = 0; i < TRIES; i++) {
            Answer answer = post(order, random);
            if (answer instanceof Accepted) {
                if (repeats) {
                    post(order, random);
                }
                return;
            }
            unknown |= answer instanceof Unknown;
            pause(200 + random.nextInt(800));
        }
        if (unknown) {
            this.unknown.add(() -> repeat(order, random));
        }
    }

    private void repeat(Order order, Random random) {
        for (int i = 0; i < REPEATS && !(post(order, random) instanceof Accepted); i++) {
            pause(500);
        }
    }

    /** @return null if there is not an API */
    private Answer post(Order order, Random random) {
        RecordedApi api = any(random);
        return api == null ? null : api.post(order.json("1"), "key of " + order.id, patience(random));
    }

    private void postOnce(Order order, Random random) {
        RecordedApi api = any(random);
        if (api != null) {
            api.postWithoutKey(order.json("1"), patience(random));
        }
    }

    private RecordedApi any(Random random) {
        List<RecordedApi> all = subject.apis();
        return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
    }

    private static Duration patience(Random random) {
        return Duration.ofMillis(1_000 + random.nextInt(3_000));
    }

    private static void pause(int ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // --- straight to the topic ------------------------------------------------------------------------------------

    private void send(String key, String value) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(subject.lab().events, Kafka.bytes(key), Kafka.bytes(value));
        long attempt = recorder.add(new Invoked(Orders.id(record.key(), record.value()),
                "producer-" + writers.incrementAndGet()));
        try {
            var at = producer.send(record).get();
            recorder.add(new Accepted(attempt, Place.of(at.topic(), at.partition(), at.offset()), "acknowledged"));
        } catch (java.util.concurrent.ExecutionException | KafkaException e) {
            recorder.add(new Unknown(attempt, String.valueOf(e.getMessage())));
            unknown.add(() -> send(key, value));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // --- at the end -----------------------------------------------------------------------------------------------

    /** Repeats every second one of those that are unknown, once all is healed. */
    void repeatHalfOfTheUnknown() {
        List<Runnable> all = new ArrayList<>();
        for (Runnable one = unknown.poll(); one != null; one = unknown.poll()) {
            all.add(one);
        }
        for (int i = 0; i < all.size(); i += 2) {
            all.get(i).run();
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        producer.close(Duration.ofSeconds(1));
    }
}
