package ledger;

import cluster.TopicAdmin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Semaphore;
import messages.OutcomeFormat;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
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
 * its outcomes missed. Each step is tried until it succeeds, and {@link Ledger#waitsFor()} says what it waits for.
 * An outcome of another group ends the restore, and {@link Ledger#check()} then throws.
 */
public final class LedgerRestore {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerRestore.class);
    private static final int AT_ONCE = 4; // each reader needs some 10 MB, and keeps a core busy
    private static final Duration ANSWER = Duration.ofSeconds(5); // then it says what it waits for, and asks again
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    private final String group;
    private final LedgerTopic outcomes;
    private final TopicAdmin topics;
    private final LedgerPart.Reading reading;
    private final LedgerSample sample;
    private final Restored listener;
    private int partitions; // of the source topic; guarded by this
    private long lookedAt = System.nanoTime() - LOOK_AGAIN.toNanos(); // guarded by this

    /** Is called for each ledger that is read back. */
    @FunctionalInterface
    public interface Restored {
        /** @param messages how many it remembers */
        void restored(TopicPartition ledger, int messages, Duration took);
    }

    /**
     * Takes a first look at the ledgers, which takes some tenths of a second, before the consumer joins its group: a
     * partition that moves to it waits the less.
     *
     * @param client the settings of a client
     */
    public LedgerRestore(Properties client, String group, LedgerTopic outcomes, OutcomeFormat<?> format,
            Restored listener) {
        this.group = group;
        this.outcomes = outcomes;
        topics = outcomes.topics().within(ANSWER);
        reading = new LedgerPart.Reading(topics, client, ANSWER, new Semaphore(AT_ONCE, true), format, group,
                outcomes.source());
        sample = new LedgerSample(reading);
        this.listener = listener;
        partitions();
    }

    /** Begins to read the ledger that belongs to a partition of the source topic. */
    public Ledger begin(TopicPartition source) {
        Ledger ledger = Ledger.durable();
        Restore restore = new Restore(source, ledger);
        Thread.ofPlatform().daemon().name("ledger-" + restore.own).start(() -> {
            try {
                restore.run();
                for (ledger.sleep(LOOK_AGAIN); !ledger.isClosed(); ledger.sleep(LOOK_AGAIN)) {
                    ledger.sweep();
                    if (partitions() > restore.partitions) {
                        restore.runAgain();
                    }
                    restore.refuseIfForeign();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return ledger;
    }

    /**
     * How many partitions the source topic had at the last look, some seconds ago at most. If the ledger had nothing in
     * it then, it is looked at, too.
     */
    private synchronized int partitions() {
        long now = System.nanoTime();
        if (now - lookedAt >= LOOK_AGAIN.toNanos()) {
            lookedAt = now;
            try {
                partitions = topics.partitions(outcomes.source());
                topics.describe(outcomes.name()).ifPresent(ledger -> sample.look(ledger, partitions));
            } catch (RuntimeException e) {
                LOG.debug("cannot look at {}", outcomes.source(), e); // what is restored stays so
            }
        }
        return partitions;
    }

    /** One ledger that is read back. */
    private final class Restore {
        private final TopicPartition source;
        private final TopicPartition own;
        private final Ledger ledger;
        private final List<LedgerPart> parts = new ArrayList<>();
        private int partitions; // of the source topic

        Restore(TopicPartition source, Ledger ledger) {
            this.source = source;
            this.ledger = ledger;
            own = new TopicPartition(outcomes.name(), source.partition());
        }

        void run() throws InterruptedException {
            long began = System.nanoTime();
            RestoreSteps steps = new RestoreSteps(source, ledger);
            steps.until(LedgerPart.own(own, ledger, reading)::find);
            steps.until(this::settings);
            steps.until(this::unstableOffset);                                                          // 1
            steps.until(this::parts);
            for (LedgerPart part : parts) {
                steps.until(part::findEnd);                                                             // 2
            }
            for (LedgerPart part : parts) {
                steps.until(part::read);                                                                // 3
            }
            if (parts.stream().anyMatch(LedgerPart::isReplaced)) {
                LOG.warn("{} was deleted and created again, or lost its last records, while it was read: what it "
                        + "remembered is gone. It is read again.", own.topic());
                ledger.clear();
                run();
            } else if (!ledger.isClosed()) {
                ledger.waitsFor(null);
                listener.restored(own, ledger.size(), Duration.ofNanos(System.nanoTime() - began));
            }
        }

        /** Keeps what is known: a message that is being handled is not in the topic yet. */
        void runAgain() throws InterruptedException {
            LOG.info("{} has {} partitions, it had {}: the ledger {} is read again", source.topic(),
                    LedgerRestore.this.partitions(), partitions, own);
            ledger.waitsFor("its ledger to be read again, as partitions were added");
            run();
        }

        void refuseIfForeign() {
            if (sample.foreign() != null) {
                ledger.refuse(sample.foreign());
            }
        }

        private String settings() {
            ledger.setRetention(outcomes.remembers(topics));
            return null;
        }

        private String unstableOffset() {
            return topics.isStable(group, source) ? null : "the offset of the group " + group + " in " + source
                    + ": a transaction that is open may still change it, until it times out or kafka-transactions "
                    + "aborts it";
        }

        /** Its own partition is read last: it has the last word on a message. */
        private String parts() {
            parts.clear();
            partitions = topics.partitions(outcomes.source());
            Optional<TopicDescription> topic = topics.describe(own.topic());
            if (topic.isPresent()) {
                sample.look(topic.get(), partitions);
                refuseIfForeign();
            }
            if (topic.isPresent() && sample.hasMovedKeys()) {
                topic.get().partitions().stream().map(TopicPartitionInfo::partition)
                        .filter(other -> other != own.partition())
                        .map(other -> LedgerPart.other(new TopicPartition(own.topic(), other),
                                key -> LedgerSample.partition(key, partitions) == own.partition(), ledger, reading))
                        .forEach(parts::add);
            }
            parts.add(LedgerPart.own(own, ledger, reading));
            return null;
        }
    }
}
