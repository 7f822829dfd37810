///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION The least an order API can do, as a yardstick: jbang BareApi.java --port 8001
//JAVA 21+
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//SOURCES ../../scripts/cli/package-info.java
//SOURCES ../../scripts/cluster/package-info.java
//SOURCES ../../scripts/http/package-info.java
//SOURCES ../../scripts/messages/package-info.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.defaultLogLevel=error

package bench;

import cli.KafkaOptions;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import http.HttpAccess;
import http.HttpLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How many orders can a server take that only produces a record for each and waits for its acknowledgement, with the
 * HTTP server, the producer and the sizes of the order API? No parsing, no checks, no keys, no problem documents. With
 * {@code --nothing} it does not even produce: that is the limit of HTTP alone. Runs until it is stopped.
 */
@Command(name = "BareApi", mixinStandardHelpOptions = true,
        description = "Produces a record for each request, and does nothing else.")
public class BareApi implements Callable<Integer> {
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(20); // as in the order API

    @Mixin
    private HttpLimits limits;

    @Mixin
    private KafkaOptions kafka;

    @Option(names = "--topic", defaultValue = "order-events", paramLabel = "TOPIC",
            description = "Where the records go (default: ${DEFAULT-VALUE}).")
    private String topic;

    @Option(names = "--value-bytes", defaultValue = "256", paramLabel = "BYTES",
            description = "How long a record's value is (default: ${DEFAULT-VALUE}).")
    private int valueBytes;

    @Option(names = "--answer-bytes", defaultValue = "256", paramLabel = "BYTES",
            description = "How long the body of a response is (default: ${DEFAULT-VALUE}).")
    private int answerBytes;

    @Option(names = "--nothing", description = "Do not produce: read the request, and answer.")
    private boolean nothing;

    private byte[] answer;

    public static void main(String... args) {
        System.exit(new CommandLine(new BareApi()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        answer = ("\"" + "x".repeat(answerBytes - 2) + "\"").getBytes(StandardCharsets.US_ASCII); // JSON as well
        HttpServer server = limits.bind(ANSWER_TIMEOUT, new HttpAccess());
        server.createContext("/", nothing ? this::created : producing());
        server.start();
        System.out.println("Listening on " + limits.address(server));
        new CountDownLatch(1).await();
        return 0;
    }

    private HttpHandler producing() {
        Producer<byte[], byte[]> producer = new KafkaProducer<>(producerSettings());
        producer.partitionsFor(topic);
        byte[] value = new byte[valueBytes];
        return exchange -> {
            ThreadLocalRandom random = ThreadLocalRandom.current();
            String key = new UUID(random.nextLong(), random.nextLong()).toString();
            exchange.getRequestBody().readAllBytes();
            try {
                producer.send(new ProducerRecord<>(topic, key.getBytes(StandardCharsets.US_ASCII), value)).get();
            } catch (ExecutionException | InterruptedException e) {
                throw new IOException(e);
            }
            created(exchange);
        };
    }

    private Properties producerSettings() {
        Properties settings = kafka.client("bare-api");
        settings.put(ProducerConfig.ACKS_CONFIG, "all"); // as in the order API
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return settings;
    }

    private void created(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(201, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }
}
