package consumer;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
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
 * Outcomes, dead letters and offsets in one Kafka transaction: who reads {@code read_committed} sees all or nothing of
 * it. The offsets carry the group's metadata (KIP-447), by which the broker refuses a zombie. Since it does so only for
 * offsets, no transaction goes without them.
 *
 * <p>What went wrong is met in three ways: <em>retry</em> where the transaction can be aborted, <em>reset</em> (a new
 * producer, and back to what is committed) where it cannot or where its end is unknown, and <em>fatal</em> where a new
 * producer would fare no better.
 */
public final class TransactionalCommit implements OutcomeCommit {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionalCommit.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LINGER = Duration.ofMillis(50);

    private final Supplier<Producer<byte[], byte[]>> producers;
    private final Consumer<?, ?> consumer;
    private final Assignment assignment;
    private final Report report;
    private final Unwritten unwritten;
    private Producer<byte[], byte[]> producer; // null after a reset that did not come through

    /** @param producers opens a producer with the {@code transactional.id} of this consumer */
    public TransactionalCommit(Supplier<Producer<byte[], byte[]>> producers, Consumer<?, ?> consumer,
            Assignment assignment, Report report, boolean stopAtRefusal) {
        this.producers = producers;
        this.consumer = consumer;
        this.assignment = assignment;
        this.report = report;
        this.unwritten = new Unwritten(stopAtRefusal, LINGER);
        this.producer = producers.get();
        this.producer.initTransactions(); // ends what an earlier life under the same id left open
    }

    @Override
    public void commit(Collection<Handled> done) {
        unwritten.add(done);
        if (producer == null && !reset()) {
            return;
        }
        List<Handled> batch = unwritten.next();
        if (unwritten.due(batch, assignment.atWork() == 0)) {
            commitAll(batch);
        }
    }

    @Override
    public void finish() {
        if (producer != null) {
            commitAll(unwritten.next());
        }
    }

    private void commitAll(List<Handled> batch) {
        if (batch.isEmpty()) {
            return;
        }
        batch.forEach(delivery -> delivery.finished(true));
        Map<TopicPartition, OffsetAndMetadata> positions = assignment.positions(batch);
        Map<Future<RecordMetadata>, Handled> sent = new LinkedHashMap<>();
        try {
            producer.beginTransaction();
            batch.forEach(delivery -> delivery.unwritten().forEach(out -> sent.put(producer.send(out), delivery)));
            producer.flush();
            producer.sendOffsetsToTransaction(positions, consumer.groupMetadata());
            FreezePoint.WRITTEN.reached();
            producer.commitTransaction();
        } catch (KafkaException e) {
            batch.forEach(delivery -> delivery.finished(false));
            recover(e, batch, sent);
            return;
        }
        unwritten.written(batch);
        report.written(batch);
        assignment.committed(positions);
        FreezePoint.COMMITTED.reached();
    }

    private void recover(KafkaException e, List<Handled> batch, Map<Future<RecordMetadata>, Handled> sent) {
        if (fatal(e) || fatal(e.getCause())) {
            throw e;
        }
        try {
            producer.abortTransaction();
            LOG.warn("transaction aborted, will try again: {}", reason(e));
            noteRefusal(batch, sent);
        } catch (KafkaException | IllegalStateException aborting) { // fenced, or the end of the commit is unknown
            LOG.warn("transaction given up, going back to what is committed: {}", reason(e));
            reset();
        }
    }

    private static boolean fatal(Throwable e) {
        return e instanceof AuthenticationException || e instanceof ClusterAuthorizationException
                || e instanceof TransactionalIdAuthorizationException || e instanceof GroupAuthorizationException
                || e instanceof FencedInstanceIdException || e instanceof UnsupportedVersionException
                || e instanceof InterruptException;
    }

    /**
     * Finds the record for which the transaction was aborted. The client gives its error also to what it had not sent
     * yet, so who it was shows only when it is alone in a transaction; but where it may not write is said by name.
     */
    private void noteRefusal(List<Handled> batch, Map<Future<RecordMetadata>, Handled> sent) {
        Set<Handled> denied = new LinkedHashSet<>();
        Throwable refusal = null;
        for (Map.Entry<Future<RecordMetadata>, Handled> one : sent.entrySet()) {
            Throwable cause = one.getKey().state() == Future.State.FAILED ? one.getKey().exceptionNow() : null;
            if (cause instanceof TopicAuthorizationException topics) {
                refusal = cause;
                if (one.getValue().unwritten().stream().anyMatch(out ->
                        topics.unauthorizedTopics().contains(out.topic()))) {
                    denied.add(one.getValue());
                }
            } else if (cause != null && !(cause instanceof TransactionAbortedException
                    || cause instanceof RetriableException)) {
                refusal = cause;
            }
        }
        if (refusal != null && denied.isEmpty() && batch.size() > 1) {
            unwritten.takeAtMost(batch.size() / 2);
        } else if (refusal != null) {
            for (Handled delivery : denied.isEmpty() ? batch : denied) {
                unwritten.refused(delivery, refusal);
            }
        }
    }

    /** Whether it came through; else the next call tries again. */
    private boolean reset() {
        try {
            close();
            producer = producers.get();
            producer.initTransactions(); // the old transaction is committed or aborted when this returns
            assignment.restart(consumer.committed(assignment.partitions())); // read_committed: stable offsets only
            return true;
        } catch (RetriableException e) {
            LOG.warn("cannot go back to what is committed, will try again: {}", e.getMessage());
            close();
            return false;
        }
    }

    private static String reason(KafkaException e) {
        return e.getCause() == null ? e.getMessage() : e.getMessage() + ": " + e.getCause().getMessage();
    }

    @Override
    public void close() {
        if (producer != null) {
            producer.close(TIMEOUT);
            producer = null;
        }
    }
}
