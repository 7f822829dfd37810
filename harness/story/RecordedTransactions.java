package story;

import history.Event.Accepted;
import history.Event.Invoked;
import history.Event.Refused;
import history.Place;
import history.Recorder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A transactional producer, whose transactions are recorded. It notices a lost answer soon, and asks again. */
public final class RecordedTransactions implements AutoCloseable {
    private static final int SOON_MS = 1_000;

    private final KafkaProducer<byte[], byte[]> producer;
    private final String id;
    private final Recorder recorder;
    private final Map<Long, RecordMetadata> open = new LinkedHashMap<>(); // by attempt
    private int transactions;

    RecordedTransactions(String bootstrap, String id, Recorder recorder) {
        this.id = id;
        this.recorder = recorder;
        producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap, "transactional.id", id, "linger.ms", 0,
                "request.timeout.ms", SOON_MS), new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
    }

    public void begin() {
        producer.beginTransaction();
        transactions++;
    }

    /** Sends a record in the open transaction, and waits until it is written. */
    public void send(ProducerRecord<byte[], byte[]> record) throws InterruptedException, ExecutionException {
        long attempt = recorder.add(
                new Invoked(Orders.id(record.key(), record.value()), id, "transaction-" + transactions));
        open.put(attempt, producer.send(record).get());
    }

    public void commit() {
        producer.commitTransaction();
        open.forEach((attempt, at) -> recorder.add(new Accepted(attempt,
                Place.of(at.topic(), at.partition(), at.offset()), "committed")));
        open.clear();
    }

    public void abort() {
        producer.abortTransaction();
        open.keySet().forEach(attempt -> recorder.add(new Refused(attempt, "aborted")));
        open.clear();
    }

    @Override
    public void close() {
        producer.close();
    }
}
