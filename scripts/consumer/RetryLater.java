package consumer;

import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import work.Reminder;

/**
 * Goes on when offsets cannot be committed after their outcomes are written. A later commit includes them, or the next
 * owner of the partitions finds their messages in its ledger.
 */
public final class RetryLater implements CommitPolicy {
    private static final Logger LOG = LoggerFactory.getLogger(RetryLater.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final Producer<byte[], byte[]> producer;
    private final HappyPath path;
    private final Reminder reminder = new Reminder();
    private boolean ended;

    public RetryLater(Producer<byte[], byte[]> producer, HappyPath path) {
        this.producer = producer;
        this.path = path;
    }

    @Override
    public void commit(List<Handled> batch) {
        if (ended) {
            return;
        }
        ended = true; // unless it completes
        try {
            path.run(producer, batch);
        } catch (CommitFailedException | RebalanceInProgressException | RetriableException e) {
            if (reminder.isDue()) {
                LOG.warn("offsets not committed yet, will try again: {}", e.getMessage());
            }
        }
        ended = false;
    }

    @Override
    public void finish(List<Handled> rest) {
        commit(rest);
    }

    @Override
    public void close() {
        ended = true;
        CommitPolicy.close(producer, CLOSE_TIMEOUT);
    }
}
