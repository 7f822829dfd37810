package ledger;

import cluster.TopicAdmin;
import cluster.TopicReader;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Predicate;
import messages.OutcomeFormat;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A partition of the outcomes, read into a ledger up to where it ended when that began. */
final class LedgerPart implements Consumer<ConsumerRecord<byte[], byte[]>> {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerPart.class);
    private static final Duration PROGRESS = Duration.ofSeconds(1);
    private static final int FETCH_BYTES = 4 * 1024 * 1024; // the default, 1 MB, takes more fetches

    private final TopicPartition partition;
    private final Predicate<byte[]> keys;
    private final IsolationLevel upTo;
    private final Ledger ledger;
    private final Reading reading;
    private Uuid topicId; // a topic that is deleted and created again is another one
    private long end;
    private long next;
    private boolean replaced;
    private long loggedAt = System.nanoTime();

    /**
     * What all have in common.
     *
     * @param client   the settings of a client
     * @param patience for how long a reader may wait for a record, and others for their turn
     * @param turns    one for each reader that there may be at once
     * @param group    whose ledger it is
     * @param source   the topic of the records whose outcomes it has
     */
    record Reading(TopicAdmin topics, Properties client, Duration patience, Semaphore turns,
            OutcomeFormat<?> format, String group, String source) {
        /** Why an outcome must not be in this ledger, or null: what one group has processed, another has not. */
        String foreign(ConsumerRecord<?, ?> at, OutcomeFormat.Entry outcome) {
            String other = null;
            if (outcome.group() != null && !outcome.group().equals(group)) {
                other = "of the group " + outcome.group() + ", and this is the group " + group;
            } else if (outcome.topic() != null && !outcome.topic().equals(source)) {
                other = "of a record from " + outcome.topic() + ", and this consumer reads " + source;
            }
            return other == null ? null : "The ledger " + at.topic() + " has an outcome (" + at.topic() + "-"
                    + at.partition() + "@" + at.offset() + ") " + other + ": one would skip what the other has "
                    + "processed. Give each an --outcomes-topic of its own.";
        }

        /** @param fetchBytes how much of a partition comes at once */
        TopicReader open(int fetchBytes) {
            Properties settings = new Properties();
            settings.putAll(client);
            settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000); // all records of a fetch
            settings.put(ConsumerConfig.RECEIVE_BUFFER_CONFIG, 1024 * 1024); // room for such a fetch
            settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, fetchBytes);
            settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) patience.toMillis());
            return new TopicReader(settings, "read_committed", patience); // an aborted record is not an outcome
        }
    }

    /** The ledger's own partition. */
    static LedgerPart own(TopicPartition partition, Ledger ledger, Reading reading) {
        return new LedgerPart(partition, key -> true, IsolationLevel.READ_UNCOMMITTED, ledger, reading);
    }

    /**
     * Another one, of which the ledger needs some outcomes. It is read without waiting for transactions, so that one
     * that is open does not hold up all partitions.
     */
    static LedgerPart other(TopicPartition partition, Predicate<byte[]> keys, Ledger ledger, Reading reading) {
        return new LedgerPart(partition, keys, IsolationLevel.READ_COMMITTED, ledger, reading);
    }

    private LedgerPart(TopicPartition partition, Predicate<byte[]> keys, IsolationLevel upTo, Ledger ledger,
            Reading reading) {
        this.partition = partition;
        this.keys = keys;
        this.upTo = upTo;
        this.ledger = ledger;
        this.reading = reading;
    }

    /** Whether its topic, or the end of its log, is no longer the one that was found: what was read does not count. */
    boolean isReplaced() {
        return replaced;
    }

    /** Returns null if it can be read, or what that waits for. */
    String find() {
        return missing(reading.topics.describe(partition.topic()));
    }

    /** Finds where it ends; returns null, or what that waits for. */
    String findEnd() {
        replaced = false;
        next = 0;
        Optional<TopicDescription> topic = reading.topics.describe(partition.topic());
        String missing = missing(topic);
        if (missing == null) {
            topicId = topic.get().topicId();
            end = end(upTo);
        }
        return missing;
    }

    /**
     * Reads up to the end, in as many parts as there are waits for open transactions; returns null, or what that waits
     * for.
     */
    String read() throws InterruptedException {
        while (next < end && !ledger.isClosed()) {
            Optional<TopicDescription> topic = reading.topics.describe(partition.topic());
            String missing = missing(topic);
            if (missing != null) {
                return missing;
            }
            long stable = Math.min(end, end(IsolationLevel.READ_COMMITTED));
            replaced = !topic.get().topicId().equals(topicId)
                    || stable <= next && end(IsolationLevel.READ_UNCOMMITTED) < end;
            if (replaced) {
                return null;
            }
            if (stable <= next) {
                return "a transaction that is open in " + partition + " at offset " + stable + ", until it times out "
                        + "or kafka-transactions aborts it";
            }
            readTo(stable);
        }
        return null;
    }

    /** Why it cannot be read, or null: a client that does not ask first, looks for it thousands of times a second. */
    private String missing(Optional<TopicDescription> topic) {
        if (topic.isEmpty()) {
            return "the topic " + partition.topic() + ", which does not exist: start the consumer again to create it";
        }
        List<TopicPartitionInfo> partitions = topic.get().partitions();
        if (partition.partition() >= partitions.size()) {
            return "the partition " + partition + ", which does not exist: add partitions to " + partition.topic();
        }
        Node leader = partitions.get(partition.partition()).leader();
        return leader == null ? "a leader of " + partition + ": no broker that has all of it is up" : null;
    }

    private long end(IsolationLevel isolation) {
        return reading.topics.ends(Set.of(partition), isolation).get(partition);
    }

    private void readTo(long stable) throws InterruptedException {
        ledger.waitsFor("its ledger to be read back, after others");
        reading.turns.acquire();
        try (TopicReader reader = reading.open(FETCH_BYTES)) {
            ledger.waitsFor("its ledger to be read back");
            reader.read(Map.of(partition, next), Map.of(partition, stable), ledger::isClosed, this);
            next = stable;
        } finally {
            reading.turns.release();
        }
    }

    @Override
    public void accept(ConsumerRecord<byte[], byte[]> outcome) {
        next = outcome.offset() + 1;
        try {
            if (outcome.key() != null && keys.test(outcome.key())) {
                remember(outcome);
            }
        } catch (IOException | RuntimeException e) { // of the format
            LOG.warn("{}@{} is not an outcome, and is ignored: {}", partition, outcome.offset(), e.getMessage());
        }
        if (System.nanoTime() - loggedAt > PROGRESS.toNanos()) {
            loggedAt = System.nanoTime();
            String percent = outcome.offset() * 100 / end + " %";
            LOG.info("ledger {}: {} restored", partition, percent);
            ledger.waitsFor("its ledger to be read back, so far " + percent);
        }
    }

    private void remember(ConsumerRecord<byte[], byte[]> outcome) throws IOException {
        if (outcome.value() == null) {
            ledger.forget(outcome.key());
            return;
        }
        OutcomeFormat.Entry entry = reading.format.read(outcome.value());
        String foreign = reading.foreign(outcome, entry);
        if (foreign != null) {
            ledger.refuse(foreign);
        } else if (entry.content() != null) {
            ledger.restore(outcome.key(), entry.content(), outcome.timestamp());
        }
    }
}
