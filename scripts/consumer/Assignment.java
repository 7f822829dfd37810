package consumer;

import consumer.Report.HeldBack;
import consumer.Report.HeldBack.Reason;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import ledger.Ledger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The partitions that this consumer has at present, and which of them are paused. For the poll thread only. */
public final class Assignment {
    private static final Logger LOG = LoggerFactory.getLogger(Assignment.class);
    private static final String NONE = "no partition for now: the other consumers of the group have them all";
    private static final Duration KEEP_ALIVE = Duration.ofMillis(100);
    private static final Duration SETTLED = Duration.ofSeconds(3); // a member that joins has none for a moment
    private static final Comparator<TopicPartition> BY_NAME = Comparator.comparing(TopicPartition::toString);

    private final Map<TopicPartition, OwnedPartition> owned = new LinkedHashMap<>();
    private final Consumer<?, ?> consumer;
    private final Positions positions;
    private final Function<TopicPartition, Ledger> ledgers;
    private final int mostRecords;
    private final long mostBytes;
    private final Report report;
    private final Set<TopicPartition> goneBack = new HashSet<>(); // in the records of the last poll
    private boolean holding;
    private boolean restarting;
    private boolean noneLogged;
    private long rebalancedAt;

    /**
     * @param ledgers     opens the ledger of a newly assigned partition
     * @param mostRecords how many uncommitted records of a partition to hold before it is paused
     * @param mostBytes   how many bytes of unfinished records to hold; all partitions have an equal share of it
     */
    public Assignment(Consumer<byte[], byte[]> consumer, Positions positions,
            Function<TopicPartition, Ledger> ledgers, int mostRecords, long mostBytes, Report report) {
        this.consumer = consumer;
        this.positions = positions;
        this.ledgers = ledgers;
        this.mostRecords = mostRecords;
        this.mostBytes = mostBytes;
        this.report = report;
    }

    /**
     * Adds the partitions that the group assigns, and releases those that it revokes.
     *
     * @param release finishes what can be finished of revoked partitions, and forgets them
     */
    public ConsumerRebalanceListener onRebalance(java.util.function.Consumer<Collection<TopicPartition>> release) {
        return new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                add(partitions);
                rebalancedAt = System.nanoTime();
                noneLogged = false;
                if (!partitions.isEmpty()) {
                    LOG.info("has {}{}", names(owned.keySet()),
                            partitions.size() == owned.size() ? "" : " (new: " + names(partitions) + ")");
                }
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                if (partitions.stream().anyMatch(owned::containsKey)) { // at the end they are released already
                    LOG.info("gives up {}{}", names(partitions), left(partitions));
                }
                release.accept(partitions);
            }

            /** Another consumer may have them already: an outcome that is written now could be a second one. */
            @Override
            public void onPartitionsLost(Collection<TopicPartition> partitions) {
                if (partitions.stream().anyMatch(owned::containsKey)) {
                    LOG.warn("lost {}: the next owner does what was not finished there", names(partitions));
                }
                forget(partitions);
            }
        };
    }

    private String left(Collection<TopicPartition> without) {
        Set<TopicPartition> left = new HashSet<>(owned.keySet());
        left.removeAll(without);
        return left.isEmpty() ? "" : ", keeps " + names(left);
    }

    private static String names(Collection<TopicPartition> partitions) {
        return partitions.stream().map(TopicPartition::toString).sorted().collect(Collectors.joining(", "));
    }

    private void add(Collection<TopicPartition> partitions) {
        String topicId = partitions.isEmpty() ? "" : positions.topicIdNow();
        partitions.forEach(partition -> positions.forget(partition));
        partitions.forEach(partition -> owned.put(partition,
                new OwnedPartition(partition, topicId, ledgers.apply(partition))));
        setFlow(); // paused until the ledger is restored
    }

    /** From now on no work on these begins. */
    public void drain(Collection<TopicPartition> partitions) {
        partitions.stream().map(owned::get).filter(Objects::nonNull).forEach(OwnedPartition::drain);
    }

    /** From now on the results of these are ignored. */
    public void forget(Collection<TopicPartition> partitions) {
        partitions.stream().map(owned::remove).filter(Objects::nonNull).forEach(OwnedPartition::forget);
    }

    /** Takes no more records until {@link #restart}: what is handled until then is handled again. */
    void awaitRestart() {
        restarting = true;
    }

    /** Forgets all that is in flight, and starts again at the committed offsets; null where there is none. */
    void restart(Map<TopicPartition, OffsetAndMetadata> committed) {
        restarting = false;
        Set<TopicPartition> partitions = Set.copyOf(owned.keySet());
        forget(partitions);
        add(partitions);
        for (TopicPartition partition : partitions) {
            if (committed.get(partition) == null) {
                consumer.seekToBeginning(Set.of(partition));
            } else {
                consumer.seek(partition, committed.get(partition));
            }
        }
    }

    /**
     * Polls the partitions that are not over their limits.
     *
     * @throws cluster.ClusterFailure if a ledger is not this group's
     */
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        owned.values().forEach(partition -> partition.ledger().check());
        setFlow();
        goneBack.clear();
        if (positions.topicWasMadeAgain()) {
            partitions().forEach(partition -> startAnew(partition, 0, "its topic was deleted and made again"));
        }
        return positions.poll(timeout);
    }

    /**
     * Adds a record that was polled, unless its partition has to start anew: because the topic was deleted and made
     * again, or the partition was cut off. What is in flight must not be committed then.
     *
     * @return empty if the record will be polled again
     */
    public Optional<Delivery> accept(ConsumerRecord<byte[], byte[]> record) {
        TopicPartition at = new TopicPartition(record.topic(), record.partition());
        OwnedPartition partition = owned.get(at);
        if (goneBack.contains(at)) {
            return Optional.empty();
        }
        if (partition.hasAcceptedNone() && record.offset() > 0 && positions.isOfAnEarlierTopic(at)) {
            startAnew(at, 0, "its topic was deleted and made again");
            return Optional.empty();
        }
        if (partition.hasAccepted(record.offset())) {
            startAnew(at, record.offset(), "it has gone back: it was cut off");
            return Optional.empty();
        }
        Delivery delivery = Delivery.of(record, partition);
        report.received(delivery);
        return Optional.of(delivery);
    }

    private void startAnew(TopicPartition partition, long offset, String why) {
        LOG.warn("{} starts anew at offset {}, {}. What is in flight there is not committed.", partition, offset, why);
        goneBack.add(partition);
        forget(Set.of(partition));
        add(Set.of(partition));
        if (offset == 0) {
            consumer.seekToBeginning(Set.of(partition)); // the oldest may be a later one already
        } else {
            consumer.seek(partition, offset);
        }
    }

    /**
     * Back-pressure: a partition over its limits is paused, alone, while polling goes on, so that the group does not
     * remove a busy consumer. So is one whose ledger is not read back yet.
     */
    private void setFlow() {
        logIfNone();
        Set<TopicPartition> paused = consumer.paused();
        Set<TopicPartition> pause = new HashSet<>();
        Set<TopicPartition> resume = new HashSet<>();
        owned.forEach((topicPartition, partition) -> {
            boolean hold = holding || restarting || isFull(partition) || !partition.ledger().restored()
                    || positions.mustWait(topicPartition);
            if (hold != paused.contains(topicPartition)) {
                (hold ? pause : resume).add(topicPartition);
            }
        });
        consumer.pause(pause);
        consumer.resume(resume);
    }

    private boolean isFull(OwnedPartition partition) {
        return partition.uncommitted().size() >= mostRecords
                || partition.uncommitted().bytes() >= Math.max(1, mostBytes / owned.size());
    }

    /** From now on no records come in, of any partition: the consumer stops. */
    public void hold() {
        holding = true;
    }

    /** Polls once without taking records, so that the group does not remove this consumer while it waits for Kafka. */
    void keepAlive() {
        boolean before = holding;
        holding = true;
        if (!poll(KEEP_ALIVE).isEmpty()) {
            throw new IllegalStateException("records came from partitions that are paused");
        }
        holding = before;
    }

    private void logIfNone() {
        if (owned.isEmpty() && rebalancedAt != 0 && !noneLogged
                && System.nanoTime() - rebalancedAt > SETTLED.toNanos()) {
            noneLogged = true;
            LOG.info("has {}", NONE);
        }
    }

    /** Notes that the workers returned a record. */
    public void returned(Handled handled) {
        handled.delivery().partition().returned(handled.place());
    }

    /** The offsets up to which all is finished, of the partitions where they have changed. */
    public Map<TopicPartition, OffsetAndMetadata> finishedOffsets() {
        return offsets(owned.values().stream().filter(partition -> partition.uncommitted().moved()).toList(), Set.of());
    }

    /** The offsets up to which all is finished once this batch is, of all its partitions. */
    public Map<TopicPartition, OffsetAndMetadata> offsetsAfter(Collection<Handled> batch) {
        Set<OffsetQueue.Place> soon = new HashSet<>();
        Set<OwnedPartition> from = new LinkedHashSet<>();
        for (Handled one : batch) {
            soon.add(one.delivery().place());
            from.add(one.delivery().partition());
        }
        return offsets(from, soon);
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(Collection<OwnedPartition> of,
            Set<OffsetQueue.Place> soon) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        of.forEach(partition -> partition.uncommitted().committable(soon).ifPresent(
                offset -> offsets.put(partition.topicPartition(), offset)));
        return offsets;
    }

    /** Forgets what lies before these offsets, which are committed. */
    public void committed(Map<TopicPartition, OffsetAndMetadata> offsets) {
        removeBefore(offsets);
        report.committed();
        offsets.forEach((partition, offset) ->
                LOG.info("committed {}: the next to read is {}", partition, offset.offset()));
    }

    /** Forgets what lies before these offsets. A partition may have left while they were being committed. */
    public void removeBefore(Map<TopicPartition, OffsetAndMetadata> offsets) {
        offsets.forEach((partition, offset) -> {
            if (owned.containsKey(partition)) {
                owned.get(partition).uncommitted().removeBefore(offset.offset());
            }
        });
    }

    public Set<TopicPartition> partitions() {
        return Set.copyOf(owned.keySet());
    }

    /** How many records the workers still have, of all partitions. */
    public int atWork() {
        return owned.values().stream().mapToInt(OwnedPartition::atWork).sum();
    }

    /** Whether the workers have returned all that they began of partitions that drain. */
    public boolean isDrained(Collection<TopicPartition> draining) {
        return draining.stream().map(owned::get).filter(Objects::nonNull).allMatch(OwnedPartition::isDrained);
    }

    /**
     * What is in flight at a moment.
     *
     * @param joined     whether the group has assigned partitions, or none, at least once
     * @param unfinished by partition: the records that are not polled, plus those that are not finished
     * @param heldBack   by partition: why it stands still
     * @param oldest     when the oldest uncommitted record came in, by {@link System#nanoTime()}; 0 if there is none
     */
    public record Snapshot(boolean joined, int inFlight, long bytes, Map<TopicPartition, Long> unfinished,
            Map<TopicPartition, HeldBack> heldBack, long oldest) {
        static final Snapshot NONE = new Snapshot(false, 0, 0, Map.of(), Map.of(), 0);

        /** How old the oldest uncommitted record is. */
        public Duration oldestAge() {
            return oldest == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - oldest);
        }
    }

    public Snapshot snapshot() {
        Set<TopicPartition> known = consumer.assignment();
        Map<TopicPartition, Long> unfinished = new TreeMap<>(BY_NAME);
        Map<TopicPartition, HeldBack> heldBack = new TreeMap<>(BY_NAME);
        int inFlight = 0;
        long bytes = 0;
        long oldest = 0;
        for (OwnedPartition partition : owned.values()) {
            TopicPartition at = partition.topicPartition();
            OffsetQueue uncommitted = partition.uncommitted();
            inFlight += uncommitted.size();
            bytes += uncommitted.bytes();
            if (known.contains(at)) {
                consumer.currentLag(at).ifPresent(unread -> unfinished.put(at, unread + uncommitted.size()));
            }
            if (uncommitted.first() != null) {
                long first = uncommitted.first().receivedAt();
                oldest = oldest == 0 || first - oldest < 0 ? first : oldest;
            }
            whyHeldBack(partition).ifPresent(why -> heldBack.put(at, why));
        }
        return new Snapshot(rebalancedAt != 0, inFlight, bytes, unfinished, heldBack, oldest);
    }

    /** Why nothing of a partition can be committed, or nothing more comes in, for longer than a moment. */
    private Optional<HeldBack> whyHeldBack(OwnedPartition partition) {
        String missing = partition.ledger().waitsFor();
        if (missing != null) {
            return Optional.of(new HeldBack(Reason.RESTORING, "it waits for " + missing, partition.age()));
        }
        HeldBack corrupt = positions.corruptAt(partition.topicPartition());
        if (corrupt != null) {
            return Optional.of(corrupt);
        }
        OffsetQueue.Place first = partition.uncommitted().first();
        if (first == null || first.state() != OffsetQueue.State.REFUSED && first.ageMs() < SETTLED.toMillis()) {
            return Optional.empty();
        }
        return Optional.of(HeldBack.at(first.offset(), switch (first.state()) {
            case AT_WORK -> partition.gate().isPaused() ? Reason.PAUSED : Reason.HANDLING;
            case HANDLED -> Reason.WRITING;
            case REFUSED -> Reason.REFUSED;
            case FINISHED -> Reason.COMMITTING;
        }, first.receivedAt()));
    }
}
