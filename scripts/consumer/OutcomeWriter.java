package consumer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/**
 * Writes the outcomes and dead letters of a batch, and finds out which are acknowledged. It waits for a second at most:
 * a destination that is away must not keep the poll thread from polling. For the poll thread only.
 */
public final class OutcomeWriter {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);
    private static final long NANOS_PER_BYTE = 1_000; // a slow link
    private static final int ANY_PARTITION = -1;
    private static final int MOST_BYTES = 1 << 20; // at once for a destination, which might be away: a full buffer
                                                   // would hold up the others

    private final PendingWrites pending;
    private final Runnable deadLettered;
    private final Map<Handled, Sent> unacknowledged = new LinkedHashMap<>(); // without a transaction
    private AtomicReference<Refused> refused = new AtomicReference<>(); // in the last transaction
    private long lastChance = System.nanoTime();

    private record Sent(ProducerRecord<byte[], byte[]> record, Future<RecordMetadata> future) {
    }

    private record Refused(Handled handled, ProducerRecord<byte[], byte[]> record, Throwable cause) {
    }

    /**
     * @param pending      gets what Kafka refuses
     * @param deadLettered is run between dead letters that are acknowledged and their outcomes
     */
    public OutcomeWriter(PendingWrites pending, Runnable deadLettered) {
        this.pending = pending;
        this.deadLettered = deadLettered;
    }

    /** Until this time, by {@link System#nanoTime()}, a write may take longer than a second: there is no next one. */
    public void lastChance(long until) {
        lastChance = until;
    }

    private long deadline(Duration wait) {
        long now = System.nanoTime();
        return now + Math.max(wait.toNanos(), lastChance - now);
    }

    // --- without a transaction ------------------------------------------------------------------------------------

    /**
     * Writes a batch: in order, an outcome after its dead letter is acknowledged, and no record before an earlier one
     * of its key, since compaction keeps the last outcome of a key. What is not acknowledged within a second stays in
     * the producer, which sends it until it is; meanwhile its destination gets nothing more.
     *
     * @return what is acknowledged completely, also of earlier batches
     * @throws KafkaException if this producer can write nothing more
     */
    public List<Handled> write(Producer<byte[], byte[]> producer, List<Handled> batch) {
        List<Handled> written = new ArrayList<>(batch.size());
        Set<String> heldKeys = new HashSet<>();
        settle(written, heldKeys);
        Set<TopicPartition> away = new HashSet<>();
        unacknowledged.forEach((one, sent) -> {
            away.add(destination(sent.record));
            heldKeys.add(one.key());
        });
        List<Handled> next = batch;
        if (!written.isEmpty()) {
            next = new ArrayList<>(batch);
            next.removeAll(Set.copyOf(written));
        }
        long deadline = deadline(LONGEST_WAIT);
        while (!next.isEmpty()) {
            Set<Handled> later = send(producer, next, away, heldKeys, written, deadline);
            boolean inTime = await(away, deadline);
            later.addAll(settle(written, heldKeys));
            next = inTime ? next.stream().filter(later::contains).toList() : List.of();
        }
        return written;
    }

    /** Sends one record of each; returns those that have to wait for earlier ones of their key or destination. */
    private Set<Handled> send(Producer<byte[], byte[]> producer, List<Handled> batch, Set<TopicPartition> away,
            Set<String> heldKeys, List<Handled> written, long deadline) {
        Set<Handled> later = new HashSet<>();
        Set<String> halfKeys = new HashSet<>();
        Map<TopicPartition, Integer> bytes = new HashMap<>();
        for (Handled one : batch) {
            if (System.nanoTime() - deadline > 0) { // each destination for which the producer waits takes a second
                break;
            }
            ProducerRecord<byte[], byte[]> record = one.next();
            if (record == null) {
                written.add(one);
            } else if (unacknowledged.containsKey(one) || one.key() != null && heldKeys.contains(one.key())) {
                continue;
            } else if (away.contains(destination(record))) {
                heldKeys.add(one.key());
            } else if (one.key() != null && halfKeys.contains(one.key())) {
                later.add(one);
            } else if (bytes.getOrDefault(destination(record), 0) >= MOST_BYTES) {
                later.add(one);
                halfKeys.add(one.key());
            } else {
                bytes.merge(destination(record), Delivery.bytes(record.key(), record.value(), record.headers()),
                        Integer::sum);
                Sent sent = new Sent(record, producer.send(record));
                unacknowledged.put(one, sent);
                if (sent.future.state() == Future.State.FAILED) { // it was not sent, and neither would the others be
                    away.add(destination(record));
                    heldKeys.add(one.key());
                } else if (record != one.outcome()) {
                    halfKeys.add(one.key()); // its outcome comes next
                }
            }
        }
        return later;
    }

    /** Waits until all is acknowledged, but for what is away; returns whether that was in time. */
    private boolean await(Set<TopicPartition> away, long deadline) {
        for (Sent sent : unacknowledged.values()) {
            try {
                if (!sent.future.isDone() && !away.contains(destination(sent.record))) {
                    sent.future.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                }
            } catch (ExecutionException e) {
                // is looked at when all have ended
            } catch (TimeoutException e) {
                return false;
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
        return System.nanoTime() - deadline < 0;
    }

    /** Takes what has ended; returns those whose dead letter is acknowledged, and whose outcome is next. */
    private List<Handled> settle(List<Handled> written, Set<String> heldKeys) {
        List<Handled> half = new ArrayList<>();
        unacknowledged.entrySet().removeIf(entry -> {
            Handled one = entry.getKey();
            Sent sent = entry.getValue();
            switch (sent.future.state()) {
                case SUCCESS -> {
                    if (sent.record == one.outcome() || one.outcome() == null) {
                        written.add(one);
                    } else {
                        one.place().deadLetterWritten();
                        half.add(one);
                    }
                }
                case FAILED -> {
                    heldKeys.add(one.key());
                    refuse(one, sent.record, sent.future.exceptionNow());
                }
                default -> {
                    return false;
                }
            }
            return true;
        });
        if (!half.isEmpty()) {
            deadLettered.run();
        }
        return half;
    }

    private void refuse(Handled one, ProducerRecord<byte[], byte[]> record, Throwable cause) {
        if (cause instanceof ClusterAuthorizationException || cause instanceof UnsupportedVersionException) {
            throw (KafkaException) cause; // fatal: this producer can write nothing more
        }
        if (!one.isMoot() && !(cause instanceof BufferExhaustedException)) { // a full buffer is not a refusal
            pending.refuse(one, record, cause);
        }
    }

    // --- in a transaction -----------------------------------------------------------------------------------------

    /**
     * Sends a batch within the producer's transaction, dead letters first, and waits until all is acknowledged.
     *
     * @throws KafkaException if one is refused; a {@link org.apache.kafka.common.errors.TimeoutException} if it takes
     *                        longer than a second, and another one for each megabyte
     */
    public void send(Producer<byte[], byte[]> producer, List<Handled> batch) {
        AtomicReference<Refused> first = new AtomicReference<>();
        refused = first; // an earlier producer may still report what it drops
        Map<Sent, Handled> sent = new LinkedHashMap<>();
        Duration wait = LONGEST_WAIT;
        for (Handled one : batch) {
            for (ProducerRecord<byte[], byte[]> record : one.unwritten()) {
                wait = wait.plusNanos(NANOS_PER_BYTE * Delivery.bytes(record.key(), record.value(), record.headers()));
                Sent last = new Sent(record, producer.send(record,
                        (metadata, e) -> noteRefusal(first, one, record, e)));
                if (last.future.state() == Future.State.FAILED) { // each further one could wait a second, for nothing
                    throw new KafkaException("a record was not written", last.future.exceptionNow());
                }
                sent.put(last, one);
            }
        }
        long began = System.nanoTime();
        long deadline = deadline(wait);
        try {
            for (Sent one : sent.keySet()) {
                one.future.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        } catch (ExecutionException e) {
            // not left to the producer: offsets that it is given at this moment can block all later transactions
            throw new KafkaException("a record was not written", e.getCause());
        } catch (TimeoutException e) {
            sent.keySet().removeIf(one -> one.future.isDone());
            long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            sent.forEach((one, handled) -> pending.refuse(handled, one.record, late(one.record, waited)));
            throw late(sent.keySet().iterator().next().record, waited);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static org.apache.kafka.common.errors.TimeoutException late(ProducerRecord<?, ?> record, long ms) {
        return new org.apache.kafka.common.errors.TimeoutException(record.topic() + " did not acknowledge it within "
                + ms + " ms.");
    }

    /** On the producer's thread: the first failure ends the transaction; the others only follow from it. */
    private static void noteRefusal(AtomicReference<Refused> first, Handled handled,
            ProducerRecord<byte[], byte[]> record, Exception e) {
        if (e != null && !(e instanceof TransactionAbortedException)) {
            boolean wrapped = e instanceof TransactionAbortableException && e.getCause() != null;
            first.compareAndSet(null, new Refused(handled, record, wrapped ? e.getCause() : e));
        }
    }

    /** After a transaction was aborted: what it was aborted for, if that was a record, is to be tried apart. */
    void refuseTheCause() {
        Refused first = refused.getAndSet(null);
        if (first != null && !first.handled.isMoot()) {
            pending.refuse(first.handled, first.record, first.cause);
        }
    }

    private static TopicPartition destination(ProducerRecord<?, ?> record) {
        return new TopicPartition(record.topic(), record.partition() == null ? ANY_PARTITION : record.partition());
    }
}
