///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Reads a topic from end to end and says how long it took: jbang BareReader.java --topic order-outcomes
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS org.apache.kafka:kafka-clients:4.4.0
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.defaultLogLevel=error

package bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How fast can a topic be read, if nothing is done with it? Polls all partitions from their beginning to their current
 * end, in a JVM as cold as that of a consumer that restores its ledger, and prints one JSON line: the number of
 * records, the bytes of keys and values, the milliseconds since the first poll.
 */
@Command(name = "BareReader", mixinStandardHelpOptions = true, description = "Reads a topic from end to end.")
public class BareReader implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);

    @Option(names = "--bootstrap-server", defaultValue = "localhost:9092", paramLabel = "HOST:PORT",
            description = "The Kafka to use (default: ${DEFAULT-VALUE}).")
    private String bootstrap;

    @Option(names = "--topic", required = true, paramLabel = "TOPIC", description = "What to read.")
    private String topic;

    public static void main(String... args) {
        System.exit(new CommandLine(new BareReader()).execute(args));
    }

    @Override
    public Integer call() {
        try (var consumer = new KafkaConsumer<byte[], byte[]>(Map.of(
                CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed", // outcomes may come in transactions
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class,
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class))) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            long records = 0;
            long bytes = 0;
            long start = System.nanoTime();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (var record : consumer.poll(POLL)) {
                    records++;
                    bytes += record.serializedKeySize() + record.serializedValueSize();
                }
            }
            System.out.printf("{\"type\":\"read\",\"records\":%d,\"bytes\":%d,\"ms\":%d}%n",
                    records, bytes, Duration.ofNanos(System.nanoTime() - start).toMillis());
            return 0;
        }
    }
}
