package consumer;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import ledger.Ledger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The partitions that this consumer has at present, and how much of each may flow. For the poll thread only. */
public final class Assignment {
    private static final Logger LOG = LoggerFactory.getLogger(Assignment.class);

    private final Map<TopicPartition, OwnedPartition> owned = new LinkedHashMap<>();
    private final Consumer<?, ?> consumer;
    private final Function<TopicPartition, Ledger> ledgers;
    private final int mostRecords;
    private final long mostBytes;

    /** @param ledgers opens the ledger of a partition that is new here */
    public Assignment(Consumer<?, ?> consumer, Function<TopicPartition, Ledger> ledgers, int mostRecords,
            long mostBytes) {
        this.consumer = consumer;
        this.ledgers = ledgers;
        this.mostRecords = mostRecords;
        this.mostBytes = mostBytes;
    }

    public void add(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> owned.put(partition, new OwnedPartition(partition, ledgers.apply(partition))));
        setFlow(); // paused until the ledger is restored
    }

    /** From now on nothing of these is begun. */
    public void drain(Collection<TopicPartition> partitions) {
        partitions.stream().map(owned::get).filter(Objects::nonNull).forEach(OwnedPartition::drain);
    }

    /** From now on nothing of these counts. */
    public void forget(Collection<TopicPartition> partitions) {
        partitions.stream().map(owned::remove).filter(Objects::nonNull).forEach(OwnedPartition::forget);
    }

    /** Forgets all that is in flight, and begins again where the group has committed; null where it has not. */
    public void restart(Map<TopicPartition, OffsetAndMetadata> committed) {
        Set<TopicPartition> partitions = Set.copyOf(owned.keySet());
        forget(partitions);
        add(partitions);
        for (TopicPartition partition : partitions) {
            if (committed.get(partition) == null) {
                consumer.seekToBeginning(Set.of(partition));
            } else {
                consumer.seek(partition, committed.get(partition).offset());
            }
        }
    }

    /** Takes in a record that was polled. */
    public Delivery accept(ConsumerRecord<byte[], byte[]> record) {
        return Delivery.of(record, owned.get(new TopicPartition(record.topic(), record.partition())));
    }

    /**
     * Back-pressure: over the bounds all partitions pause while polling goes on, so that the group never takes a busy
     * consumer for a dead one. A partition whose ledger is not restored pauses alone.
     */
    public void setFlow() {
        boolean full = inFlight() >= mostRecords || bytesInFlight() >= mostBytes;
        Set<TopicPartition> paused = consumer.paused();
        Set<TopicPartition> pause = new HashSet<>();
        Set<TopicPartition> resume = new HashSet<>();
        owned.forEach((topicPartition, partition) -> {
            boolean hold = full || !partition.ledger().restored();
            if (hold != paused.contains(topicPartition)) {
                (hold ? pause : resume).add(topicPartition);
            }
        });
        consumer.pause(pause);
        consumer.resume(resume);
    }

    /** The offsets up to which all is finished, of the partitions where that has moved. */
    public Map<TopicPartition, OffsetAndMetadata> toCommit() {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        owned.values().stream().filter(partition -> partition.uncommitted().moved())
                .forEach(partition -> put(partition, offsets));
        return offsets;
    }

    /** The same of every partition that these deliveries are from, moved or not. */
    public Map<TopicPartition, OffsetAndMetadata> positions(Collection<Handled> deliveries) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        deliveries.stream().map(Handled::partition).distinct().forEach(partition -> put(partition, offsets));
        return offsets;
    }

    private static void put(OwnedPartition partition, Map<TopicPartition, OffsetAndMetadata> offsets) {
        partition.uncommitted().committable().ifPresent(
                offset -> offsets.put(partition.topicPartition(), new OffsetAndMetadata(offset)));
    }

    public void committed(Map<TopicPartition, OffsetAndMetadata> offsets) {
        offsets.forEach((partition, offset) -> {
            owned.get(partition).uncommitted().committed(offset.offset());
            LOG.info("committed {} up to {}", partition, offset.offset());
        });
    }

    public Set<TopicPartition> partitions() {
        return Set.copyOf(owned.keySet());
    }

    public Collection<OwnedPartition> owned() {
        return owned.values();
    }

    /** How many records the workers still have, of all partitions. */
    public int atWork() {
        return owned.values().stream().mapToInt(OwnedPartition::atWork).sum();
    }

    /** The same of some partitions. */
    public int atWork(Collection<TopicPartition> of) {
        return of.stream().map(owned::get).filter(Objects::nonNull).mapToInt(OwnedPartition::atWork).sum();
    }

    public int inFlight() {
        return owned.values().stream().mapToInt(partition -> partition.uncommitted().size()).sum();
    }

    public long bytesInFlight() {
        return owned.values().stream().mapToLong(partition -> partition.uncommitted().bytes()).sum();
    }
}
