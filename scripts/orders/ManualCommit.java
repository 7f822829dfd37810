package orders;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
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
    public void commit(Collection<Delivery> done) {
        unwritten.add(done);
        List<Delivery> batch = unwritten.next();
        if (unwritten.due(batch, assignment.atWork() == 0)) {
            commitAll(batch);
        }
    }

    @Override
    public void finish() {
        commitAll(unwritten.next());
    }

    private void commitAll(List<Delivery> batch) {
        List<Delivery> written = write(batch);
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
    private List<Delivery> write(List<Delivery> batch) {
        Set<String> failed = new HashSet<>();
        writeFirst(batch, delivery -> delivery.outbound().size() == 2, failed);
        writeFirst(batch, delivery -> delivery.outbound().size() == 1 && !failed.contains(delivery.key()), failed);
        return batch.stream().filter(delivery -> delivery.outbound().isEmpty()).toList();
    }

    private void writeFirst(List<Delivery> batch, Predicate<Delivery> which, Set<String> failed) {
        Map<Delivery, Future<RecordMetadata>> sent = new LinkedHashMap<>();
        batch.stream().filter(which).forEach(
                delivery -> sent.put(delivery, producer.send(delivery.outbound().getFirst())));
        if (!sent.isEmpty()) {
            producer.flush();
        }
        sent.forEach((delivery, future) -> {
            if (!acknowledged(delivery, future)) {
                failed.add(delivery.key());
            }
        });
    }

    private boolean acknowledged(Delivery delivery, Future<RecordMetadata> sent) {
        try {
            sent.get();
            delivery.wrote();
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
