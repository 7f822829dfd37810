package replay;

import cluster.TopicReader;
import dlq.Letter;
import dlq.OffsetRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import replay.LetterBatches.Batch;

/**
 * Reads a range of the dead-letter topic, one batch per poll, and decides what to do with each dead letter that the
 * filter selects. It ends at the end of the range, at the limit, or when it is stopped.
 */
public final class LetterBatches implements Iterator<Batch> {
    private static final Duration POLL = Duration.ofMillis(200);

    private final Consumer<byte[], byte[]> consumer;
    private final OffsetRange range;
    private final ReplayOptions options;
    private final BooleanSupplier stopped;
    private final TopicReader.Patience patience;
    private long left; // how many may still be sent
    private Batch next;

    /**
     * The result of one poll.
     *
     * @param decisions for the dead letters that the filter selects; may be empty
     * @param end       where to continue reading once these are done, for all partitions
     */
    public record Batch(List<Decision> decisions, Map<TopicPartition, Long> end) {
    }

    /**
     * @param consumer has the partitions of the range assigned, and is moved to its beginning
     * @param patience how long to wait without progress
     */
    public LetterBatches(Consumer<byte[], byte[]> consumer, OffsetRange range, ReplayOptions options,
            Duration patience, BooleanSupplier stopped) {
        this.consumer = consumer;
        this.range = range;
        this.options = options;
        this.stopped = stopped;
        this.patience = new TopicReader.Patience(patience);
        left = options.limit();
        range.from().forEach(consumer::seek);
    }

    /**
     * Waits for the next batch.
     *
     * @throws TimeoutException if there was no progress for too long
     */
    @Override
    public boolean hasNext() {
        while (next == null && left > 0 && !stopped.getAsBoolean()
                && new OffsetRange(position(), range.ends()).size() > 0) { // also right with gaps, unlike a count
            patience.check(consumer);
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL); // 1; an empty one is not the end
            if (!records.isEmpty()) {
                List<Decision> decisions = decisions(records); // may move the position
                next = new Batch(decisions, position());
            }
        }
        return next != null;
    }

    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Batch batch = next;
        next = null;
        return batch;
    }

    /** Beyond the limit nothing is taken, and the position goes back to the first one beyond it. */
    private List<Decision> decisions(ConsumerRecords<byte[], byte[]> records) {
        List<Decision> decisions = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            Letter letter = Letter.of(record);
            if (record.offset() >= range.ends().get(partition) || !options.filter().test(letter)) {
                continue;
            }
            if (left == 0) {
                consumer.seek(partition, Math.min(consumer.position(partition), record.offset()));
            } else {
                Decision decision = options.decide(letter); // 2
                decisions.add(decision);
                left -= decision.sends() ? 1 : 0;
            }
        }
        return decisions;
    }

    /** How far it was read, up to the end of the range. */
    private Map<TopicPartition, Long> position() {
        return range.ends().entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey,
                end -> Math.min(end.getValue(), consumer.position(end.getKey()))));
    }
}
