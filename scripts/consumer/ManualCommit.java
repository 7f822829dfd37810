package consumer;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Flush, then {@code commitSync}. Dying between the two has the records delivered again, and the ledger recognises
 * them. What it does not stop is a zombie: a consumer frozen before the flush, and thawed after its partitions moved.
 */
public final class ManualCommit implements OutcomeCommit {
    private static final Logger LOG = LoggerFactory.getLogger(ManualCommit.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LINGER = Duration.ofMillis(20);

    private final Producer<byte[], byte[]> producer;
    private final Consumer<?, ?> consumer;
    private final Assignment assignment;
    private final Unwritten unwritten;
    private final Report report;
    private final boolean offsets;

    /** @param offsets false leaves the offsets to the client ({@code --auto-commit}) */
    public ManualCommit(Producer<byte[], byte[]> producer, Consumer<?, ?> consumer, Assignment assignment,
            Report report, boolean stopAtRefusal, boolean offsets) {
        this.producer = producer;
        this.consumer = consumer;
        this.assignment = assignment;
        this.report = report;
        this.unwritten = new Unwritten(stopAtRefusal, LINGER);
        this.offsets = offsets;
    }

    @Override
    public void commit(Collection<Handled> done) {
        unwritten.add(done);
        List<Handled> batch = unwritten.next();
        if (unwritten.due(batch, assignment.atWork() == 0)) {
            commitAll(batch);
        }
    }

    @Override
    public void finish() {
        commitAll(unwritten.next());
    }

    private void commitAll(List<Handled> batch) {
        List<Handled> written = write(batch);
        written.forEach(delivery -> delivery.finished(true));
        unwritten.written(written);
        report.written(written);
        if (!written.isEmpty()) {
            FreezePoint.WRITTEN.reached();
        }
        commitOffsets(assignment.toCommit());
    }

    /**
     * Dead letters before the outcomes that tell of them: what is said to be in the DLQ is there. Then the rest, in its
     * order and without what comes behind a failed letter: the last outcome of a key is the one that its topic keeps.
     */
    private List<Handled> write(List<Handled> batch) {
        Set<String> failed = new HashSet<>();
        write(batch, delivery -> delivery.outcome() == null ? null : delivery.deadLetter(), failed);
        write(batch, delivery -> failed.contains(delivery.key()) ? null
                : delivery.outcome() == null ? delivery.deadLetter() : delivery.outcome(), failed);
        return batch.stream().filter(Handled::isWritten).toList();
    }

    private void write(List<Handled> batch, Function<Handled, ProducerRecord<byte[], byte[]>> what,
            Set<String> failed) {
        Map<Handled, ProducerRecord<byte[], byte[]>> records = new LinkedHashMap<>();
        Map<Handled, Future<RecordMetadata>> sent = new LinkedHashMap<>();
        for (Handled delivery : batch) {
            ProducerRecord<byte[], byte[]> record = what.apply(delivery);
            if (record != null) {
                records.put(delivery, record);
                sent.put(delivery, producer.send(record));
            }
        }
        if (!sent.isEmpty()) {
            producer.flush();
        }
        sent.forEach((delivery, future) -> {
            if (acknowledged(delivery, future)) {
                delivery.wrote(records.get(delivery));
            } else {
                failed.add(delivery.key());
            }
        });
    }

    private boolean acknowledged(Handled delivery, Future<RecordMetadata> sent) {
        try {
            sent.get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ClusterAuthorizationException
                    || e.getCause() instanceof UnsupportedVersionException) {
                throw (KafkaException) e.getCause(); // fatal: this producer will write nothing any more
            }
            if (e.getCause() instanceof RetriableException) { // never sent, for want of metadata or of room
                LOG.warn("the outcome of {} is not written, will try again: {}", delivery, e.getCause().getMessage());
            } else {
                unwritten.refused(delivery, e.getCause());
            }
            return false;
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private void commitOffsets(Map<TopicPartition, OffsetAndMetadata> positions) {
        if (positions.isEmpty() || !offsets) {
            return;
        }
        try {
            consumer.commitSync(positions, TIMEOUT);
            assignment.committed(positions);
            FreezePoint.COMMITTED.reached();
        } catch (CommitFailedException | RebalanceInProgressException e) {
            LOG.warn("offsets not committed, the group is rebalancing: a next owner finds these orders in its ledger");
        } catch (RetriableException e) {
            LOG.warn("offsets not committed, will try again: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        producer.close(TIMEOUT);
    }
}
