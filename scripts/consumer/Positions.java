package consumer;

import cluster.ClusterFailure;
import consumer.Report.HeldBack;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where reading begins in a partition without a committed offset, and where it goes on if the next record does not
 * exist: Kafka's own {@code auto.offset.reset} would skip records in silence. Also notices that the topic was deleted
 * and made again, by its id: committed offsets have it as their metadata. For the poll thread only.
 */
public final class Positions {
    private static final Logger LOG = LoggerFactory.getLogger(Positions.class);
    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final Duration BETWEEN_CHECKS = Duration.ofSeconds(10);

    private final Consumer<byte[], byte[]> consumer;
    private final Admin admin;
    private final String topic;
    private final boolean stopAtGap;
    private final Report report;
    private final CorruptRecords corrupt;
    private Instant from;
    private String topicId = ""; // none yet
    private boolean madeAgain;
    private CompletableFuture<TopicDescription> check; // null if none is under way
    private long checkedAt;
    private long awayAt = System.nanoTime() - BETWEEN_CHECKS.toNanos();

    /**
     * @param topic     which the group reads
     * @param from      where a new group starts: at the first record from this time on; {@link Instant#MIN} is the
     *                  oldest record, {@link Instant#MAX} the end. In a group that has offsets, a partition without one
     *                  is new, and is read from its beginning.
     * @param stopAtGap whether to throw a {@link ClusterFailure} if records are gone
     * @param skip      whether to skip records that are corrupt
     */
    public Positions(Consumer<byte[], byte[]> consumer, Admin admin, String topic, Instant from, boolean stopAtGap,
            boolean skip, Report report) {
        this.consumer = consumer;
        this.admin = admin;
        this.topic = topic;
        this.from = from.equals(Instant.MIN) || hasOffsets() ? Instant.MIN : from;
        this.stopAtGap = stopAtGap;
        this.report = report;
        this.corrupt = new CorruptRecords(consumer, skip, report);
    }

    private boolean hasOffsets() {
        Set<TopicPartition> partitions = consumer.partitionsFor(topic, ANSWER).stream()
                .map(partition -> new TopicPartition(topic, partition.partition())).collect(Collectors.toSet());
        return consumer.committed(partitions, ANSWER).values().stream().anyMatch(Objects::nonNull);
    }

    // --- the topic ------------------------------------------------------------------------------------------------

    /** The topic's id, to commit with the offsets of a partition that is assigned now. */
    String topicIdNow() {
        askForTopicId();
        try {
            check.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("no answer for the id of {}", topic, e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
        takeTopicId();
        return topicId;
    }

    /** Whether the topic is another one than at the last call, which only has the same name. Asks now and then. */
    boolean topicWasMadeAgain() {
        if (check == null && System.nanoTime() - checkedAt > BETWEEN_CHECKS.toNanos()) {
            askForTopicId();
        }
        takeTopicId();
        boolean was = madeAgain;
        madeAgain = false;
        return was;
    }

    /** Whether the committed offset of a partition is that of an earlier topic of this name, if Kafka answers. */
    boolean isOfAnEarlierTopic(TopicPartition partition) {
        if (System.nanoTime() - awayAt < BETWEEN_CHECKS.toNanos()) {
            return false; // or each of many partitions would wait for it
        }
        try {
            OffsetAndMetadata committed = consumer.committed(Set.of(partition), ANSWER).get(partition);
            return committed != null && !committed.metadata().isEmpty() && !topicId.isEmpty()
                    && !committed.metadata().equals(topicId);
        } catch (RetriableException e) {
            LOG.debug("no answer for the committed offset of {}", partition, e);
            awayAt = System.nanoTime();
            return false;
        }
    }

    private void askForTopicId() {
        check = admin.describeTopics(Set.of(topic)).topicNameValues().get(topic)
                .toCompletionStage().toCompletableFuture();
        checkedAt = System.nanoTime();
    }

    private void takeTopicId() {
        if (check != null && check.isDone()) {
            if (!check.isCompletedExceptionally()) { // else it is away, or deleted and not made again yet
                String now = check.getNow(null).topicId().toString();
                madeAgain |= !topicId.isEmpty() && !topicId.equals(now);
                topicId = now;
            }
            check = null;
        }
    }

    // --- positions ------------------------------------------------------------------------------------------------

    /** As {@link Consumer#poll}; no records if it had to change a position. */
    ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        try {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(timeout);
            records.partitions().forEach(corrupt::passed);
            return records;
        } catch (NoOffsetForPartitionException e) {
            retryIfAway(() -> start(e.partitions()));
        } catch (LogTruncationException e) {
            topicIdNow();
            retryIfAway(() -> e.offsetOutOfRangePartitions().keySet().forEach(
                    partition -> cutOff(partition, e.divergentOffsets().get(partition))));
        } catch (OffsetOutOfRangeException e) {
            topicIdNow();
            retryIfAway(() -> e.offsetOutOfRangePartitions().forEach(this::goOn));
        } catch (KafkaException e) {
            corrupt.meet(e);
        }
        return ConsumerRecords.empty();
    }

    /** Whether the next record of a partition is corrupt, so that it has to wait. */
    boolean mustWait(TopicPartition partition) {
        return corrupt.mustWait(partition);
    }

    /** What is wrong at the next record of a partition; null if nothing is. */
    HeldBack corruptAt(TopicPartition partition) {
        return corrupt.at(partition);
    }

    /** Forgets what is known of a partition's next record: it is read from elsewhere, or was another consumer's. */
    void forget(TopicPartition partition) {
        corrupt.forget(partition);
    }

    private static void retryIfAway(Runnable change) {
        try {
            change.run();
        } catch (RetriableException | CommitFailedException | RebalanceInProgressException e) {
            LOG.warn("the position cannot be found yet, will try again: {}", e.getMessage());
        }
    }

    private void start(Collection<TopicPartition> partitions) {
        if (from.equals(Instant.MIN)) {
            consumer.seekToBeginning(partitions);
            return;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        consumer.endOffsets(partitions, ANSWER).forEach(
                (partition, end) -> offsets.put(partition, new OffsetAndMetadata(end)));
        if (!from.equals(Instant.MAX)) {
            Map<TopicPartition, Long> times = new HashMap<>();
            partitions.forEach(partition -> times.put(partition, from.toEpochMilli()));
            consumer.offsetsForTimes(times, ANSWER).forEach((partition, found) -> {
                if (found != null) { // else there is no later record
                    offsets.put(partition, committed(found));
                }
            });
        }
        consumer.commitSync(offsets, ANSWER); // or a crash before the first commit would start later, and lose records
        offsets.forEach(consumer::seek);
        LOG.info("the group is new: it starts at {}", offsets.entrySet().stream()
                .map(e -> e.getKey() + "@" + e.getValue().offset()).sorted().collect(Collectors.joining(", ")));
        from = Instant.MIN;
    }

    private static OffsetAndMetadata committed(OffsetAndTimestamp found) {
        return new OffsetAndMetadata(found.offset(), found.leaderEpoch(), "");
    }

    /** @param next the offset of the record that should have come next */
    private void goOn(TopicPartition partition, long next) {
        long beginning = consumer.beginningOffsets(Set.of(partition), ANSWER).get(partition);
        long end = consumer.endOffsets(Set.of(partition), ANSWER).get(partition);
        if (next > end) {
            goBack(partition, new OffsetAndMetadata(beginning),
                    "ends at " + end + ", before its committed offset " + next);
        } else if (next < beginning) {
            String gap = partition + ": the records at offsets " + next + " to " + (beginning - 1) + " ("
                    + (beginning - next) + " at most) are gone before they were processed: retention has removed them";
            stop(gap);
            report.gone(beginning - next);
            LOG.error("{}. Goes on at {}.", gap, beginning);
            forget(partition);
            consumer.seek(partition, beginning);
        }
    }

    /** @param at null if the broker does not know */
    private void cutOff(TopicPartition partition, OffsetAndMetadata at) {
        goBack(partition, at != null ? at
                : new OffsetAndMetadata(consumer.beginningOffsets(Set.of(partition), ANSWER).get(partition)),
                "was cut off at " + (at == null ? "an offset that is not known" : at.offset())
                + ", by an unclean election for example");
    }

    private void goBack(TopicPartition partition, OffsetAndMetadata to, String why) {
        if (madeAgain || isOfAnEarlierTopic(partition)) { // then all of it is new
            madeAgain = true;
            return;
        }
        String sentence = partition + " " + why;
        stop(sentence);
        LOG.error("{}. Goes back to {}.", sentence, to.offset());
        forget(partition);
        consumer.seek(partition, to);
    }

    private void stop(String gap) {
        if (stopAtGap) {
            throw new ClusterFailure(ClusterFailure.Kind.REFUSED, gap + ". To go on after that, start again without "
                    + "--on-gap stop.");
        }
    }
}
