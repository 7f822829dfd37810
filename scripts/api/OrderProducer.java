package api;

import api.Sent.Acknowledged;
import api.Sent.Cause;
import api.Sent.Refused;
import api.Sent.Unknown;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes orders to Kafka, and reports what is known of each, as a {@link Sent}. It bounds how many may wait, and never
 * gives up an order that may be written.
 */
public final class OrderProducer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OrderProducer.class);
    private static final Duration BETWEEN_PRODUCERS = Duration.ofSeconds(1);
    private static final Duration TO_CLOSE_A_FAILED_ONE = Duration.ZERO;

    private final Properties settings;
    private final Reachability broker;
    private final Semaphore room;
    private final Duration patience;
    private final TimeLimit timeLimit;
    private volatile Current current;
    private volatile String failure; // why the last producer was given up; null once the next one has written an order
    private long renewedAt = System.nanoTime() - BETWEEN_PRODUCERS.toNanos(); // guarded by this
    private boolean closed; // guarded by this

    /** A producer, with two of its own metrics: they cost nothing to read, whereas asking Kafka takes a round trip. */
    private record Current(Producer<String, byte[]> producer, Metric connections, Metric resends) {
        static Current open(Properties settings) {
            Producer<String, byte[]> producer = new KafkaProducer<>(settings);
            return new Current(producer, metric(producer, "connection-count"), metric(producer, "record-retry-total"));
        }

        private static Metric metric(Producer<?, ?> producer, String name) {
            return producer.metrics().values().stream()
                    .filter(m -> m.metricName().name().equals(name)
                            && m.metricName().group().equals("producer-metrics"))
                    .findFirst()
                    .orElseThrow();
        }

        boolean isConnected() {
            return (double) connections.metricValue() > 0;
        }

        double sentAgain() {
            return (double) resends.metricValue();
        }
    }

    /**
     * @param settings of the producer, which has to retry for ever, so that it gives nothing up
     * @param admin    finds out whether Kafka can be reached; not closed here
     * @param most     how many orders may wait for Kafka
     * @param patience how long to wait for the topic at the start, for an acknowledgement, and at the end for all that
     *                 are outstanding
     * @throws KafkaException if no producer can be created with these settings
     */
    public OrderProducer(Properties settings, Admin admin, int most, Duration patience) {
        this.settings = settings;
        this.patience = patience;
        broker = new Reachability(admin);
        room = new Semaphore(most);
        current = Current.open(settings);
        timeLimit = new TimeLimit(patience);
    }

    /**
     * Waits until the producer knows the topic's partitions: a send waits for them for {@code max.block.ms} only, and
     * the start may take longer.
     *
     * @throws KafkaException if it does not learn them in time
     */
    public void awaitMetadata(String topic) {
        for (long start = System.nanoTime(); ; ) {
            try {
                current.producer.partitionsFor(topic);
                return;
            } catch (TimeoutException e) {
                if (System.nanoTime() - start > patience.toNanos()) {
                    throw e;
                }
            }
        }
    }

    /** Whether a broker answers within two seconds; a "no" is remembered for half a second. */
    public boolean reachable() {
        return broker.ask();
    }

    /** Why nothing can be sent at present, although Kafka may be reachable; null if nothing is known to be wrong. */
    public String failure() {
        return failure;
    }

    /**
     * Sends an order, without waiting for its acknowledgement.
     *
     * @return completes with what is known of it: at once if it was not sent, else when Kafka has answered, however
     *         long that takes. It never completes exceptionally.
     */
    public CompletableFuture<Sent> send(ProducerRecord<String, byte[]> order) {
        Current by = current;
        if (!by.isConnected() && !broker.ask()) {
            return CompletableFuture.completedFuture(
                    new Refused("Kafka cannot be reached, and nothing was sent.", Cause.AWAY));
        }
        if (!room.tryAcquire()) {
            return CompletableFuture.completedFuture(new Refused(
                    "Too many orders are waiting for Kafka; this one was not sent. Try again later.", Cause.TOO_BUSY));
        }
        CompletableFuture<Sent> sent = new CompletableFuture<>();
        sent.thenRun(room::release);
        double sentAgainBefore = by.sentAgain();
        Thread caller = Thread.currentThread();
        try {
            by.producer.send(order, (at, e) -> {
                if (e == null) {
                    failure = null;
                    sent.complete(new Acknowledged(at.partition(), at.offset()));
                } else if (Thread.currentThread() == caller) { // send() itself refused it
                    sent.complete(refused(e));
                } else {
                    sent.complete(isRefusal(e) && by.sentAgain() == sentAgainBefore ? refused(e)
                            : new Unknown("The order may or may not be written: " + e.getMessage()));
                    if (isFatal(e)) {
                        replace(by, e);
                    }
                }
            });
        } catch (RuntimeException e) {
            sent.complete(new Refused("Nothing was sent: " + e.getMessage(), Cause.AWAY));
            replace(by, e);
        }
        return sent;
    }

    /**
     * Kafka does not take it. If it was sent before, and its acknowledgement was lost, it may be written nevertheless.
     */
    private static boolean isRefusal(Exception e) {
        return e instanceof AuthorizationException || e instanceof RecordTooLargeException
                || e instanceof InvalidRecordException || e instanceof InvalidTopicException;
    }

    /** After these a producer can send nothing more, as Kafka's TransactionManager has it. */
    private static boolean isFatal(Exception e) {
        return e instanceof ClusterAuthorizationException || e instanceof ProducerFencedException
                || e instanceof InvalidPidMappingException || e instanceof UnsupportedVersionException;
    }

    private static Refused refused(Exception e) {
        return new Refused("Kafka did not take the order, and nothing is written: " + e.getMessage(),
                e instanceof RecordTooLargeException ? Cause.TOO_LARGE : isRefusal(e) ? Cause.NOT_ALLOWED : Cause.AWAY);
    }

    /**
     * For a producer that can send nothing more: the next orders get a new one. What the old one has in flight is
     * answered "unknown".
     */
    private void replace(Current failed, Exception e) {
        if (isReplaced(failed, e)) { // outside of the lock: the close waits for a thread that may come here, too
            failed.producer.close(TO_CLOSE_A_FAILED_ONE);
        }
    }

    private synchronized boolean isReplaced(Current failed, Exception e) {
        failure = e.getMessage();
        if (closed || e instanceof InterruptException || current != failed
                || System.nanoTime() - renewedAt < BETWEEN_PRODUCERS.toNanos()) {
            return false;
        }
        renewedAt = System.nanoTime();
        LOG.error("the producer can send nothing more, and is replaced by a new one: {}", e.getMessage());
        try {
            current = Current.open(settings);
            return true;
        } catch (KafkaException cause) {
            LOG.error("there is no new producer yet: {}", cause.getMessage());
            return false;
        }
    }

    /**
     * Waits for what {@link #send} returned. After the time-out the outcome is unknown, and the order stays in flight:
     * another request may wait for it, too.
     */
    public Sent awaitAcknowledgement(CompletableFuture<Sent> sent) {
        try {
            return timeLimit.await(sent);
        } catch (java.util.concurrent.TimeoutException e) {
            return new Unknown("Kafka did not acknowledge the order in time: it may or may not be written.");
        } catch (ExecutionException e) {
            throw new IllegalStateException("a send never fails", e);
        }
    }

    /** Waits for the orders in flight, but no longer than its patience. */
    @Override
    public void close() {
        Current last;
        synchronized (this) {
            closed = true;
            last = current;
        }
        last.producer.close(patience);
        timeLimit.close();
    }
}
