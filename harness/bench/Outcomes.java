package bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The times of the outcomes, in milliseconds of the broker's clock, by partition. */
public record Outcomes(Map<Integer, List<Long>> times) {
    private static final Duration POLL = Duration.ofMillis(200);

    /** Reads a topic of outcomes up to its current end. */
    public static Outcomes of(String bootstrap, String topic) {
        Map<Integer, List<Long>> times = new TreeMap<>();
        try (var consumer = new KafkaConsumer<>(Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed"), // outcomes may come in transactions
                new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            partitions.forEach(partition -> times.put(partition.partition(), new ArrayList<>()));
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(POLL).forEach(outcome -> times.get(outcome.partition()).add(outcome.timestamp()));
            }
        }
        return new Outcomes(times);
    }

    /** Outcomes a second, from the first to the last. */
    public double rate() {
        var all = times.values().stream().flatMap(List::stream).mapToLong(time -> time).summaryStatistics();
        return (all.getCount() - 1) * 1000.0 / (all.getMax() - all.getMin());
    }

    /** The longest time within a span in which some partition had no outcome. */
    public long longestPause(long from, long to) {
        return times.values().stream().mapToLong(partition -> longestPause(partition, from, to)).max().orElseThrow();
    }

    private static long longestPause(List<Long> partition, long from, long to) {
        long longest = 0;
        long last = from;
        for (long time : partition) {
            if (time > from && time < to) {
                longest = Math.max(longest, time - last);
                last = time;
            }
        }
        return Math.max(longest, to - last);
    }
}
