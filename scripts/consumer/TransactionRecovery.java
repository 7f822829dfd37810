package consumer;

import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import work.Reminder;

/**
 * What to do when a transaction of outcomes and offsets fails. There are four ways: <em>wait</em> for a broker that is
 * away, and poll meanwhile; <em>retry</em> where the transaction can be aborted; <em>reset</em> (a new producer, and
 * back to the committed offsets) where it cannot, or where its outcome is unknown; <em>fatal</em> where a new producer
 * would fail, too. For the poll thread only.
 */
public final class TransactionRecovery implements CommitPolicy {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionRecovery.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LATE = Duration.ofSeconds(2);
    private static final Duration ANSWER = Duration.ofSeconds(2);

    private final IntFunction<Producer<byte[], byte[]>> producers;
    private final Consumer<?, ?> consumer;
    private final Assignment assignment;
    private final OutcomeWriter writer;
    private final PendingWrites pending;
    private final HappyPath path;
    private final BooleanSupplier stopping;
    private Producer<byte[], byte[]> producer;
    private boolean initialised;
    private int idsGivenUp; // each has a transaction that cannot end
    private boolean mayGiveUpId;
    private final Reminder notReady = new Reminder();
    private boolean restarting; // after a reset, until the positions are those that are committed
    private boolean ended;

    /**
     * @param producers opens a producer with the {@code transactional.id} of this consumer; with another one for each
     *                  number but 0
     * @param stopping  whether not to wait for a broker that is away
     */
    public TransactionRecovery(IntFunction<Producer<byte[], byte[]>> producers, Consumer<?, ?> consumer,
            Assignment assignment, OutcomeWriter writer, PendingWrites pending, HappyPath path,
            BooleanSupplier stopping) {
        this.producers = producers;
        this.consumer = consumer;
        this.assignment = assignment;
        this.writer = writer;
        this.pending = pending;
        this.path = path;
        this.stopping = stopping;
        this.producer = producers.apply(0);
        notReady.rest();
    }

    /** If the transaction fails, none of its batch is written. */
    @Override
    public void commit(List<Handled> batch) {
        run(batch, true);
    }

    /** Never resets: that would start partitions again that are being revoked. */
    @Override
    public void finish(List<Handled> rest) {
        if (initialised && !restarting) {
            run(rest, false);
        }
    }

    private void run(List<Handled> batch, boolean mayPoll) {
        if (ended) {
            return;
        }
        ended = true; // unless it completes; nor does it run within itself, in the callback of a poll
        if (isReady() && !batch.isEmpty()) {
            try {
                path.run(producer, batch);
            } catch (KafkaException | IllegalStateException e) {
                recover(e, batch, mayPoll);
            }
        }
        ended = false;
    }

    /** Whether a transaction can begin: what an earlier process or producer with this id left open has ended. */
    private boolean isReady() {
        try {
            if (!initialised) {
                producer.initTransactions();
                initialised = true;
                mayGiveUpId = false;
            }
            boolean restarted = restarting;
            if (restarting) { // the offsets are stable now
                assignment.restart(consumer.committed(assignment.partitions(), ANSWER));
                restarting = false;
            }
            notReady.rest();
            return !restarted; // what was to be written is forgotten then, and polled again
        } catch (RetriableException e) {
            if (mayGiveUpId) {
                mayGiveUpId = false;
                idsGivenUp++;
                LOG.warn("no transaction can begin with this id, perhaps because the last one cannot end: the next "
                        + "ones have another id");
                renew();
            } else if (notReady.isDue()) {
                LOG.warn("no transaction can begin yet, will try again: {}", reason(e));
                mayGiveUpId = !restarting && idsGivenUp == 0; // a dead consumer may have left one that cannot end
            }
        } catch (ProducerFencedException | IllegalStateException e) {
            if (initialised) {
                throw e;
            }
            LOG.warn("this producer can begin no transaction, opens another: {}", reason(e));
            renew();
        }
        return false;
    }

    private void recover(RuntimeException e, List<Handled> batch, boolean mayPoll) {
        if (isFatal(e) || isFatal(e.getCause())) {
            throw e;
        }
        LOG.warn("transaction not committed: {}", reason(e));
        boolean committing = false; // the producer insists that a commit that timed out is tried again
        long began = System.nanoTime();
        Reminder reminder = new Reminder();
        reminder.rest();
        while (true) {
            try {
                if (committing) {
                    producer.commitTransaction();
                    var offsets = assignment.offsetsAfter(batch);
                    pending.written(batch);
                    assignment.committed(offsets);
                } else {
                    producer.abortTransaction();
                    writer.refuseTheCause();
                }
                return;
            } catch (TimeoutException away) {
                if (reminder.isDue()) {
                    LOG.warn("the transaction has not ended yet, will try again: {}", reason(away));
                }
                boolean late = System.nanoTime() - began > LATE.toNanos() || stopping.getAsBoolean();
                if (mayPoll && late && !committing) { // it waits for a record, perhaps for ever: its topic is gone
                    writer.refuseTheCause();
                    renew();
                    mayGiveUpId = true;
                    return;
                }
                if (!mayPoll || stopping.getAsBoolean()) {
                    return;
                }
                assignment.keepAlive();
            } catch (KafkaException | IllegalStateException other) {
                if (committing || !(e instanceof TimeoutException && other instanceof IllegalStateException)) {
                    LOG.warn("transaction given up, going back to the committed offsets: {}", reason(other));
                    reset();
                    return;
                }
                committing = true;
            }
        }
    }

    private static boolean isFatal(Throwable e) {
        return e instanceof AuthenticationException || e instanceof ClusterAuthorizationException
                || e instanceof TransactionalIdAuthorizationException || e instanceof GroupAuthorizationException
                || e instanceof FencedInstanceIdException || e instanceof UnsupportedVersionException
                || e instanceof InterruptException;
    }

    private void reset() {
        renew();
        restarting = true;
        assignment.awaitRestart();
    }

    /**
     * The next producer has the same id, so that it aborts what this one has begun. But where a partition has too few
     * replicas in sync, a transaction that would write there cannot end, nor the next one of its id begin. As nothing
     * asked for its commit, none of it will ever be visible: then the next producer has another id.
     */
    private void renew() {
        CommitPolicy.close(producer, Duration.ZERO);
        producer = producers.apply(idsGivenUp);
        initialised = false;
    }

    /** The client wraps the cause, sometimes twice. */
    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause == e ? e.getMessage() : e.getMessage() + ": " + cause.getMessage();
    }

    @Override
    public void close() {
        ended = true;
        CommitPolicy.close(producer, CLOSE_TIMEOUT);
    }
}
