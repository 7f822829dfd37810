///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION The least a consumer of orders can do, as a yardstick: jbang BareLoop.java --outcomes-topic bare-outcomes
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//SOURCES Handling.java
//SOURCES ../../scripts/messages/package-info.java
//SOURCES ../../scripts/orders/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.defaultLogLevel=error

package bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How fast can one thread turn orders into outcomes, if it does nothing else? Polls, parses, produces the outcomes,
 * waits for their acknowledgements and commits, batch by batch: no duplicates recognised, no retries, no dead letters,
 * no concurrency. That is the limit for a consumer that does all of this. With {@code --per-record} it is the loop
 * that most tutorials show: one order, one outcome acknowledged, one commit. Runs until it is stopped.
 */
@Command(name = "BareLoop", mixinStandardHelpOptions = true,
        description = "Turns orders into outcomes, and does nothing else.")
public class BareLoop implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int MAX_POLL_RECORDS = 2_000; // as in the order consumer

    @Mixin
    private Handling handling;

    @Option(names = "--per-record", description = "Acknowledge and commit every single order.")
    private boolean perRecord;

    public static void main(String... args) {
        System.exit(new CommandLine(new BareLoop()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Properties settings = handling.consumer();
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_POLL_RECORDS);
        try (var producer = new KafkaProducer<byte[], byte[]>(handling.producer());
                var consumer = new KafkaConsumer<byte[], byte[]>(settings)) {
            consumer.subscribe(List.of(handling.topic()));
            while (true) {
                ConsumerRecords<byte[], byte[]> batch = consumer.poll(POLL);
                for (ConsumerRecord<byte[], byte[]> order : batch) {
                    var sent = producer.send(handling.outcome(order));
                    if (perRecord) {
                        sent.get();
                        consumer.commitSync(Map.of(new TopicPartition(order.topic(), order.partition()),
                                new OffsetAndMetadata(order.offset() + 1)));
                    }
                }
                if (!perRecord && !batch.isEmpty()) {
                    producer.flush();
                    consumer.commitSync();
                }
            }
        }
    }
}
