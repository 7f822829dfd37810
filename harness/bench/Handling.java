package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import messages.Json;
import messages.Message;
import orders.InvalidOrder;
import orders.Order;
import orders.Outcome;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Option;

/**
 * What every contender does with a record: it parses the order and makes its outcome, with the classes of the order
 * consumer, for the same partition number and with the same guarantees. Also the options for broker, topics and group.
 */
final class Handling {
    @Option(names = "--bootstrap-server", defaultValue = "localhost:9092", paramLabel = "HOST:PORT",
            description = "The Kafka to use (default: ${DEFAULT-VALUE}).")
    private String bootstrap;

    @Option(names = "--topic", defaultValue = "order-events", paramLabel = "TOPIC",
            description = "Where the orders are (default: ${DEFAULT-VALUE}).")
    private String topic;

    @Option(names = "--outcomes-topic", required = true, paramLabel = "TOPIC", description = "Where the outcomes go.")
    private String outcomes;

    @Option(names = "--group", defaultValue = "bench", paramLabel = "GROUP",
            description = "Consumer group (default: ${DEFAULT-VALUE}).")
    private String group;

    String topic() {
        return topic;
    }

    ProducerRecord<byte[], byte[]> outcome(ConsumerRecord<byte[], byte[]> record) {
        try {
            Order order = Order.from(Json.MAPPER.readTree(record.value()));
            var message = new Message<>(order.orderId(), order.contentDigest(), order);
            byte[] outcome = Json.bytes(Outcome.processed(message, group, record, 1));
            return new ProducerRecord<>(outcomes, record.partition(), record.key(), outcome);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InvalidOrder e) {
            throw new IllegalArgumentException(e);
        }
    }

    Properties consumer() {
        Properties settings = new Properties();
        settings.putAll(Map.of(
                CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                ConsumerConfig.GROUP_ID_CONFIG, group,
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false, // an offset is committed after its outcome
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest", // the orders are there already
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class,
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class));
        return settings;
    }

    Properties producer() {
        Properties settings = new Properties();
        settings.putAll(Map.of(
                CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                ProducerConfig.ACKS_CONFIG, "all", // as in the order consumer
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true,
                ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1,
                ProducerConfig.LINGER_MS_CONFIG, 0,
                ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class,
                ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class));
        return settings;
    }
}
