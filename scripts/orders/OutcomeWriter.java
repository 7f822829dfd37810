package orders;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one door through which results leave the consumer: outcomes to the ledger's topic, dead letters to the DLQ. What
 * {@link #write} returns is acknowledged, so that offsets may follow.
 */
public final class OutcomeWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OutcomeWriter.class);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final Producer<byte[], byte[]> producer;
    private final String outcomes;
    private final String dlq;
    private final String group;

    public OutcomeWriter(Properties client, String outcomes, String dlq, String group) {
        client.put(ProducerConfig.ACKS_CONFIG, "all"); // an offset is committed on the strength of it
        client.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true); // a retry adds no second outcome
        client.put(ProducerConfig.LINGER_MS_CONFIG, 0); // a flush follows every batch anyway
        client.put(
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.LARGEST_DEAD_LETTER); // the largest record, with headers
        client.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        client.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        this.producer = new KafkaProducer<>(client);
        this.outcomes = outcomes;
        this.dlq = dlq;
        this.group = group;
    }

    /**
     * Sends what the results call for, waits for the acknowledgements, and returns the deliveries that have all of
     * theirs.
     */
    public List<Delivery> write(List<Delivery> deliveries) {
        List<List<Future<RecordMetadata>>> sent = deliveries.stream().map(this::send).toList();
        producer.flush();
        List<Delivery> written = new ArrayList<>(deliveries.size());
        for (int i = 0; i < sent.size(); i++) {
            if (acknowledged(sent.get(i), deliveries.get(i))) {
                written.add(deliveries.get(i));
            }
        }
        return written;
    }

    private List<Future<RecordMetadata>> send(Delivery delivery) {
        var record = delivery.record();
        return switch (delivery.result()) {
            case Delivery.Processed(Order order, int attempts) ->
                List.of(outcome(delivery, Outcome.processed(order, record, attempts)));
            case Delivery.DeadLettered(Order order, Exception cause, int attempts) -> {
                List<Future<RecordMetadata>> both = new ArrayList<>(2);
                both.add(producer.send(DeadLetter.of(record, dlq, group, attempts, cause)));
                if (order != null
                        && !(cause instanceof IdempotencyConflict)) { // must not hide that the order was processed
                    both.add(outcome(delivery, Outcome.deadLettered(order, cause, record, attempts)));
                }
                yield both;
            }
            case Delivery.Duplicate ignored -> List.of();
            case Delivery.Abandoned ignored -> List.of();
        };
    }

    /** Into the partition of the order's own number, so that the ledger moves with it. */
    private Future<RecordMetadata> outcome(Delivery delivery, Outcome outcome) {
        return producer.send(new ProducerRecord<>(outcomes, delivery.record().partition(),
                outcome.orderId().getBytes(StandardCharsets.UTF_8), Json.bytes(outcome)));
    }

    private static boolean acknowledged(List<Future<RecordMetadata>> sent, Delivery delivery) {
        try {
            for (Future<RecordMetadata> one : sent) {
                one.get();
            }
            return true;
        } catch (ExecutionException e) {
            LOG.error("the outcome of {} is not written and its offset not committed; will try again: {}",
                    delivery.at(), e.getCause().getMessage());
            return false;
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    @Override
    public void close() {
        producer.close(CLOSE_TIMEOUT);
    }
}
