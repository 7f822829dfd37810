///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Orders to outcomes with Confluent's Parallel Consumer: jbang ParallelConsumerLoop.java --outcomes-topic pc
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS bz.stub.parallelconsumer:parallel-consumer-core:0.6.0.0
//SOURCES Handling.java
//SOURCES ../../scripts/cli/package-info.java
//SOURCES ../../scripts/cluster/package-info.java
//SOURCES ../../scripts/ledger/package-info.java
//SOURCES ../../scripts/messages/package-info.java
//SOURCES ../../scripts/orders/package-info.java
//SOURCES ../../scripts/work/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.defaultLogLevel=error

package bench;

import io.confluent.parallelconsumer.ParallelConsumerOptions;
import io.confluent.parallelconsumer.ParallelConsumerOptions.ProcessingOrder;
import io.confluent.parallelconsumer.ParallelStreamProcessor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import orders.WorkTime;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How fast is a library on the same orders? Confluent's Parallel Consumer, in order by key, with as many orders at a
 * time as ours and its default commit mode. It handles an order as all contenders do, and waits for the acknowledgement
 * of its outcome. It commits every 100 ms: with its default of 5 s it is slower. Version 0.5.3.3, its last, is made for
 * kafka-clients 3.9, and runs with 4.4.0 too. Runs until it is stopped.
 */
@Command(name = "ParallelConsumerLoop", mixinStandardHelpOptions = true,
        description = "Turns orders into outcomes with Confluent's Parallel Consumer.")
public class ParallelConsumerLoop implements Callable<Integer> {
    private static final Duration COMMIT_INTERVAL = Duration.ofMillis(100);

    @Mixin
    private Handling handling;

    @Option(names = "--concurrency", defaultValue = "100", paramLabel = "N",
            description = "How many orders to handle at a time (default: ${DEFAULT-VALUE}).")
    private int concurrency;

    @Option(names = "--work-ms", defaultValue = "0", paramLabel = "MS|MIN-MAX", converter = WorkTime.Converter.class,
            description = "Simulated work for each order (default: ${DEFAULT-VALUE}).")
    private WorkTime work;

    public static void main(String... args) {
        System.exit(new CommandLine(new ParallelConsumerLoop()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        var options = ParallelConsumerOptions.<byte[], byte[]>builder()
                .consumer(new KafkaConsumer<>(handling.consumer()))
                .producer(new KafkaProducer<>(handling.producer()))
                .ordering(ProcessingOrder.KEY)
                .maxConcurrency(concurrency)
                .commitInterval(COMMIT_INTERVAL)
                .build();
        try (ParallelStreamProcessor<byte[], byte[]> processor =
                ParallelStreamProcessor.createEosStreamProcessor(options)) {
            processor.subscribe(List.of(handling.topic()));
            processor.pollAndProduce(context -> {
                work();
                return handling.outcome(context.getSingleConsumerRecord());
            });
            new CountDownLatch(1).await();
            return 0;
        }
    }

    private void work() {
        try {
            work.spend();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
