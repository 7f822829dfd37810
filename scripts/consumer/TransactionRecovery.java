package consumer;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What to do when a transaction of outcomes and offsets fails. There are three ways: <em>retry</em> where it can be
 * aborted; <em>reset</em> (a new producer, and back to the committed offsets) where it cannot, or where its outcome is
 * unknown; <em>fatal</em> where a new producer would fail, too. For the poll thread only.
 */
public final class TransactionRecovery implements CommitPolicy {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionRecovery.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final Supplier<Producer<byte[], byte[]>> producers;
    private final Consumer<?, ?> consumer;
    private final Assignment assignment;
    private final OutcomeWriter writer;
    private final PendingWrites pending;
    private final HappyPath path;
    private Producer<byte[], byte[]> producer; // null after a reset that failed
    private boolean ended;

    /** @param producers opens a producer with the {@code transactional.id} of this consumer */
    public TransactionRecovery(Supplier<Producer<byte[], byte[]>> producers, Consumer<?, ?> consumer,
            Assignment assignment, OutcomeWriter writer, PendingWrites pending, HappyPath path) {
        this.producers = producers;
        this.consumer = consumer;
        this.assignment = assignment;
        this.writer = writer;
        this.pending = pending;
        this.path = path;
        this.producer = producers.get();
        try {
            producer.initTransactions(); // ends a transaction that an earlier process with this id left open
        } catch (KafkaException e) {
            closeProducer();
            throw e;
        }
    }

    /** If the transaction fails, none of its batch is written. */
    @Override
    public void commit(List<Handled> batch) {
        if (ended) {
            return;
        }
        ended = true; // unless it completes
        if (producer == null) {
            reset(); // it also forgets what is pending
        } else if (!batch.isEmpty()) {
            writer.forgetTransaction();
            try {
                path.run(producer, batch);
            } catch (KafkaException e) {
                recover(e, batch);
            }
            writer.forgetTransaction();
        }
        ended = false;
    }

    /** Never resets: that would wait for the broker, and start partitions again that are being revoked. */
    @Override
    public void finish(List<Handled> rest) {
        if (producer != null) {
            commit(rest);
        }
    }

    private void recover(KafkaException e, List<Handled> batch) {
        if (isFatal(e) || isFatal(e.getCause())) {
            throw e;
        }
        try {
            producer.abortTransaction();
            LOG.warn("transaction aborted, will try again: {}", reason(e));
            noteRefusal(batch);
        } catch (KafkaException | IllegalStateException aborting) { // fenced, or the outcome of the commit is unknown
            LOG.warn("transaction given up, going back to the committed offsets: {}", reason(e));
            reset();
        }
    }

    private static boolean isFatal(Throwable e) {
        return e instanceof AuthenticationException || e instanceof ClusterAuthorizationException
                || e instanceof TransactionalIdAuthorizationException || e instanceof GroupAuthorizationException
                || e instanceof FencedInstanceIdException || e instanceof UnsupportedVersionException
                || e instanceof InterruptException;
    }

    /**
     * Finds the record for which the transaction was aborted. The client reports the same error for records that it had
     * not sent yet, so that the refused one is known only when it is alone in a transaction. But the error names a
     * topic that may not be written to.
     */
    private void noteRefusal(List<Handled> batch) {
        Set<Handled> denied = new LinkedHashSet<>();
        Throwable refusal = null;
        for (Map.Entry<Future<RecordMetadata>, Handled> sent : writer.inTransaction().entrySet()) {
            Throwable cause = sent.getKey().state() == Future.State.FAILED ? sent.getKey().exceptionNow() : null;
            if (cause instanceof TopicAuthorizationException topics) {
                refusal = cause;
                if (topics(sent.getValue()).anyMatch(topics.unauthorizedTopics()::contains)) {
                    denied.add(sent.getValue());
                }
            } else if (cause != null && !(cause instanceof TransactionAbortedException
                    || cause instanceof RetriableException)) {
                refusal = cause;
            }
        }
        if (refusal != null && denied.isEmpty() && batch.size() > 1) {
            pending.takeAtMost(batch.size() / 2);
        } else if (refusal != null) {
            for (Handled handled : denied.isEmpty() ? batch : denied) {
                pending.refuse(handled, refusal);
            }
        }
    }

    private static Stream<String> topics(Handled handled) {
        return Stream.of(handled.deadLetter(), handled.outcome()).filter(record -> record != null)
                .map(ProducerRecord::topic);
    }

    private void reset() {
        try {
            closeProducer();
            producer = producers.get();
            producer.initTransactions(); // the old transaction is committed or aborted when this returns
            assignment.restart(consumer.committed(assignment.partitions())); // read_committed: stable offsets only
        } catch (RetriableException e) {
            LOG.warn("cannot go back to the committed offsets, will try again: {}", e.getMessage());
            closeProducer();
        }
    }

    private static String reason(KafkaException e) {
        return e.getCause() == null ? e.getMessage() : e.getMessage() + ": " + e.getCause().getMessage();
    }

    @Override
    public void close() {
        ended = true;
        closeProducer();
    }

    private void closeProducer() {
        if (producer != null) {
            producer.close(CLOSE_TIMEOUT);
            producer = null;
        }
    }
}
