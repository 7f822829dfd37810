package ledger;

import cluster.TopicReader;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import messages.Digest;
import messages.OutcomeFormat;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads ledgers back from their topic, each in its own thread, while other partitions are processed:
 *
 * <ol>
 *   <li>Wait until the group's committed offset is stable: no transaction of an earlier owner may still change it.
 *   <li>Ask where the ledger's partition ends, open transactions included.
 *   <li>Read the committed outcomes up to there. This waits for those transactions to end.
 * </ol>
 *
 * In any other order, the last transaction of an earlier owner could come in between: its offsets would be seen, and
 * its outcomes missed.
 */
public final class LedgerRestore {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerRestore.class);
    private static final Duration RETRY_PAUSE = Duration.ofSeconds(1);
    private static final Duration PROGRESS = Duration.ofSeconds(1);

    private final Admin admin;
    private final Supplier<Properties> client;
    private final String group;
    private final String outcomes;
    private final OutcomeFormat<?> format;
    private final long retentionMillis;
    private final Restored listener;

    /** Is called for each ledger that is read back. */
    @FunctionalInterface
    public interface Restored {
        /** @param messages how many it remembers */
        void restored(TopicPartition ledger, int messages, Duration took);
    }

    /**
     * @param client          gives the settings of a new client
     * @param outcomes        the topic
     * @param retentionMillis for how long it keeps an outcome
     */
    public LedgerRestore(Admin admin, Supplier<Properties> client, String group, String outcomes,
            OutcomeFormat<?> format, long retentionMillis, Restored listener) {
        this.admin = admin;
        this.client = client;
        this.group = group;
        this.outcomes = outcomes;
        this.retentionMillis = retentionMillis;
        this.format = format;
        this.listener = listener;
    }

    /** Begins to read the ledger that belongs to a partition of the source topic. */
    public Ledger begin(TopicPartition source) {
        Ledger ledger = Ledger.durable(retentionMillis);
        TopicPartition from = new TopicPartition(outcomes, source.partition());
        Thread.ofPlatform().daemon().name("ledger-" + from).start(() -> {
            try {
                while (!ledger.isClosed() && !restore(source, from, ledger)) {
                    ledger.sleep(RETRY_PAUSE);
                }
                ledger.keepSwept();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return ledger;
    }

    /** Whether it succeeded. */
    private boolean restore(TopicPartition source, TopicPartition from, Ledger ledger) throws InterruptedException {
        long started = System.nanoTime();
        try (TopicReader reader = new TopicReader(settings())) {
            awaitStableOffset(source);                                                              // 1
            long end = admin.listOffsets(Map.of(from, OffsetSpec.latest())).partitionResult(from).get().offset(); // 2
            reader.readAll(Map.of(from, end), ledger::isClosed, new Reading(ledger, end));          // 3
            if (!ledger.isClosed()) {
                ledger.restored(true);
                listener.restored(from, ledger.size(), Duration.ofNanos(System.nanoTime() - started));
            }
            return true;
        } catch (ExecutionException | KafkaException e) {
            if (!ledger.isClosed()) { // else its partition is gone, and perhaps the admin client, too
                LOG.error("ledger {} cannot be read, its partition stays paused: {}", from, e.getMessage());
            }
            return false;
        }
    }

    private void awaitStableOffset(TopicPartition source) throws ExecutionException, InterruptedException {
        var only = new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(source));
        admin.listConsumerGroupOffsets(Map.of(group, only), new ListConsumerGroupOffsetsOptions().requireStable(true))
                .partitionsToOffsetAndMetadata(group).get(); // retries until it is stable
    }

    private Properties settings() {
        Properties settings = client.get();
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000); // all records of a fetch
        settings.put(ConsumerConfig.RECEIVE_BUFFER_CONFIG, 1024 * 1024); // room for such a fetch
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 * 1024 * 1024); // fewer, larger fetches
        return settings;
    }

    /** Takes in one outcome after the other, and logs how far it is. */
    private final class Reading implements Consumer<ConsumerRecord<byte[], byte[]>> {
        private final Ledger ledger;
        private final long end;
        private long loggedAt = System.nanoTime();

        Reading(Ledger ledger, long end) {
            this.ledger = ledger;
            this.end = end;
        }

        @Override
        public void accept(ConsumerRecord<byte[], byte[]> outcome) {
            try {
                if (outcome.key() != null && outcome.value() == null) {
                    ledger.forget(outcome.key());
                } else if (outcome.key() != null) {
                    remember(outcome);
                }
            } catch (IOException | RuntimeException e) { // of the format
                LOG.warn("{}-{}@{} is not an outcome, and is ignored: {}", outcome.topic(), outcome.partition(),
                        outcome.offset(), e.getMessage());
            }
            if (System.nanoTime() - loggedAt > PROGRESS.toNanos()) {
                loggedAt = System.nanoTime();
                LOG.info("ledger {}-{}: {} % restored", outcome.topic(), outcome.partition(),
                        outcome.offset() * 100 / end);
            }
        }

        private void remember(ConsumerRecord<byte[], byte[]> outcome) throws IOException {
            Digest content = format.processedContent(outcome.value());
            if (content != null) {
                ledger.restore(outcome.key(), content, outcome.timestamp());
            }
        }
    }
}
