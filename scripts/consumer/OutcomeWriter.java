package consumer;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the outcomes and dead letters of a batch, and finds out which are acknowledged. For the poll thread only. */
public final class OutcomeWriter {
    private static final Logger LOG = LoggerFactory.getLogger(OutcomeWriter.class);

    private final PendingWrites pending;
    private Map<Future<RecordMetadata>, Handled> inTransaction = Map.of();

    /** @param pending gets what is written in part, and what Kafka refuses */
    public OutcomeWriter(PendingWrites pending) {
        this.pending = pending;
    }

    /**
     * Writes a batch and waits for the acknowledgements. Dead letters come before the outcomes that report them, so
     * that a reported dead letter exists. Then comes the rest, in order, without records after a failed one of the same
     * key: compaction keeps the last outcome of a key.
     *
     * @return what is acknowledged completely; the rest stays pending
     * @throws KafkaException if this producer can write nothing more
     */
    public List<Handled> write(Producer<byte[], byte[]> producer, List<Handled> batch) {
        Set<String> failedKeys = new HashSet<>();
        Set<Handled> letters = acknowledged(producer, batch.stream()
                .filter(one -> one.deadLetter() != null && one.outcome() != null).toList(),
                Handled::deadLetter, failedKeys);
        pending.deadLettersWritten(letters);
        Set<Handled> rest = acknowledged(producer, batch.stream()
                .filter(one -> !one.isWritten() && !failedKeys.contains(one.key()))
                .map(one -> letters.contains(one) ? one.withDeadLetterWritten() : one).toList(),
                one -> one.outcome() != null ? one.outcome() : one.deadLetter(), failedKeys);
        return failedKeys.isEmpty() ? batch
                : batch.stream().filter(one -> one.isWritten() || rest.contains(one)).toList();
    }

    /** Sends one record of each, and adds the keys of those that failed. */
    private Set<Handled> acknowledged(Producer<byte[], byte[]> producer, List<Handled> batch,
            Function<Handled, ProducerRecord<byte[], byte[]>> which, Set<String> failedKeys) {
        Map<Handled, Future<RecordMetadata>> sent = new LinkedHashMap<>();
        batch.forEach(one -> sent.put(one, producer.send(which.apply(one))));
        if (!sent.isEmpty()) {
            producer.flush();
        }
        Set<Handled> acknowledged = new LinkedHashSet<>();
        sent.forEach((one, future) -> {
            if (isAcknowledged(one, future)) {
                acknowledged.add(one);
            } else {
                failedKeys.add(one.key());
            }
        });
        return acknowledged;
    }

    private boolean isAcknowledged(Handled one, Future<RecordMetadata> sent) {
        try {
            sent.get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ClusterAuthorizationException
                    || e.getCause() instanceof UnsupportedVersionException) {
                throw (KafkaException) e.getCause(); // fatal: this producer can write nothing more
            }
            if (e.getCause() instanceof RetriableException) { // not sent: no metadata, or a full buffer
                LOG.warn("the outcome of {} is not written, will try again: {}", one, e.getCause().getMessage());
            } else {
                pending.refuse(one, e.getCause());
            }
            return false;
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** Sends a batch within the producer's transaction, dead letters first, and waits until all sends have ended. */
    public void send(Producer<byte[], byte[]> producer, List<Handled> batch) {
        inTransaction = new LinkedHashMap<>();
        for (Handled one : batch) {
            if (one.deadLetter() != null) {
                inTransaction.put(producer.send(one.deadLetter()), one);
            }
            if (one.outcome() != null) {
                inTransaction.put(producer.send(one.outcome()), one);
            }
        }
        producer.flush();
    }

    void forgetTransaction() {
        inTransaction = Map.of();
    }

    /** What was sent in the transaction, if anything; all these sends have ended. */
    Map<Future<RecordMetadata>, Handled> inTransaction() {
        return inTransaction;
    }
}
