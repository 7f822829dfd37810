package api;

import api.Sent.Acknowledged;
import api.Sent.Refused;
import api.Sent.TooBusy;
import api.Sent.Unknown;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * Writes orders to Kafka, and reports what is known of each, as a {@link Sent}. It bounds how many may wait, and never
 * gives up an order that may be written.
 */
public final class OrderProducer implements AutoCloseable {
    private static final Duration PROBE = Duration.ofSeconds(2);

    private final Producer<String, byte[]> producer;
    private final Admin admin;
    private final Semaphore room;
    private final Duration patience;
    private final Metric connections;
    private final Metric resends;
    private final TimeLimit timeLimit;

    /**
     * @param settings of the producer, which has to retry for ever, so that it gives nothing up
     * @param admin    finds out whether Kafka can be reached; not closed here
     * @param most     how many orders may wait for Kafka
     * @param patience how long to wait for the topic at the start, for an acknowledgement, and at the end for all that
     *                 are outstanding
     * @throws KafkaException if no producer can be created with these settings
     */
    public OrderProducer(Properties settings, Admin admin, int most, Duration patience) {
        this.admin = admin;
        this.patience = patience;
        room = new Semaphore(most);
        producer = new KafkaProducer<>(settings);
        connections = metric("connection-count");
        resends = metric("record-retry-total");
        timeLimit = new TimeLimit(patience);
    }

    /** One of the producer's own metrics: it costs nothing to read, whereas asking Kafka takes a round trip. */
    private Metric metric(String name) {
        return producer.metrics().values().stream()
                .filter(m -> m.metricName().name().equals(name) && m.metricName().group().equals("producer-metrics"))
                .findFirst()
                .orElseThrow();
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
                producer.partitionsFor(topic);
                return;
            } catch (org.apache.kafka.common.errors.TimeoutException e) {
                if (System.nanoTime() - start > patience.toNanos()) {
                    throw e;
                }
            }
        }
    }

    /** Whether a broker answers within {@link #PROBE}. */
    public boolean reachable() {
        int limit = (int) PROBE.toMillis();
        try {
            admin.describeCluster(new DescribeClusterOptions().timeoutMs(limit))
                    .clusterId()
                    .get(limit, TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Sends an order, without waiting for its acknowledgement.
     *
     * @return completes with what is known of it: at once if it was not sent, else when Kafka has answered, however
     *         long that takes. It never completes exceptionally.
     */
    public CompletableFuture<Sent> send(ProducerRecord<String, byte[]> order) {
        if ((double) connections.metricValue() == 0 && !reachable()) {
            return CompletableFuture.completedFuture(
                    new Refused("Kafka cannot be reached, and nothing was sent."));
        }
        if (!room.tryAcquire()) {
            return CompletableFuture.completedFuture(new TooBusy());
        }
        CompletableFuture<Sent> sent = new CompletableFuture<>();
        sent.thenRun(room::release);
        double resentBefore = (double) resends.metricValue();
        try {
            producer.send(order, (at, failure) -> sent.complete(failure == null
                    ? new Acknowledged(at.partition(), at.offset())
                    : meaning(failure, (double) resends.metricValue() > resentBefore)));
        } catch (RuntimeException e) { // this producer can send nothing more
            sent.complete(new Refused("Nothing was sent: " + e.getMessage()));
        }
        return sent;
    }

    /**
     * Waits for what {@link #send} returned. After the time-out the outcome is unknown, and the order stays in flight:
     * another request may wait for it, too.
     */
    public Sent awaitAcknowledgement(CompletableFuture<Sent> sent) {
        try {
            return timeLimit.await(sent);
        } catch (TimeoutException e) {
            return new Unknown("Kafka did not acknowledge the order in time: it may or may not be written.");
        } catch (ExecutionException e) {
            throw new IllegalStateException("a send never fails", e);
        }
    }

    /**
     * An order that did not get into the buffer is not written. Nor is one that Kafka refuses, unless it was sent
     * again: the first attempt may have been written, and its acknowledgement lost. After any other failure it may be
     * written.
     *
     * @param resent whether the producer has sent anything again since it got this order
     */
    private static Sent meaning(Exception failure, boolean resent) {
        boolean refused = failure instanceof AuthorizationException || failure instanceof RecordTooLargeException
                || failure instanceof InvalidRecordException || failure instanceof InvalidTopicException;
        return failure instanceof org.apache.kafka.common.errors.TimeoutException || refused && !resent
                ? new Refused("Kafka did not take the order, and nothing is written: " + failure.getMessage())
                : new Unknown("The order may or may not be written: " + failure.getMessage());
    }

    /** Waits for the orders in flight, but no longer than its patience. */
    @Override
    public void close() {
        producer.close(patience);
        timeLimit.close();
    }
}
