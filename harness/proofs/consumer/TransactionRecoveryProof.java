package proofs.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import consumer.Assignment;
import consumer.CommitPolicy.HappyPath;
import consumer.Delivery;
import consumer.Handled;
import consumer.OutcomeWriter;
import consumer.OwnedPartition;
import consumer.PendingWrites;
import consumer.Report;
import consumer.TransactionRecovery;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import lab.Kafka;
import lab.Lab;
import lab.Running;
import lab.fixtures.LabExtension;
import lab.fixtures.OwnBroker;
import ledger.Ledger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.slf4j.helpers.NOPLogger;
import work.Result;

/** What a consumer does if transactions cannot begin or end: it waits, says so, and goes on by itself (3 and 4). */
@Execution(ExecutionMode.SAME_THREAD) // they break the same broker
class TransactionRecoveryProof {
    /** It has no log for its transactions until somebody creates one, as a broker that waits for others has none. */
    @RegisterExtension
    static final LabExtension ON_ITS_OWN_BROKER = new LabExtension(
            folder -> new OwnBroker(folder, "--property", "transaction.state.log.replication.factor=3"));

    private static final String LOG = Topic.TRANSACTION_STATE_TOPIC_NAME;
    private static final int LOG_PARTITIONS = 5; // as KafkaBroker.java asks for
    private static final int ORDERS = 60;
    private static final Duration SOON = Duration.ofSeconds(30);

    // --- as a process ---------------------------------------------------------------------------------------------

    @Test
    void aConsumerWaitsUntilTransactionsCanBegin(Lab lab) throws Exception {
        if (lab.kafka().partitions(LOG) > 0) {
            lab.kafka().admin().deleteTopics(Set.of(LOG)).all().get();
        }
        lab.sendOrders(0, ORDERS);
        Running consumer = lab.consumer("--commit", "transactional");
        awaitSaid(consumer, "no transaction can begin yet, will try again");
        allowTransactions(lab);
        lab.awaitCaughtUp();
        assertThat(consumer.alive()).isTrue();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, (long) ORDERS));
    }

    /** The producer insists that a commit that timed out is tried again: another call is an IllegalStateException. */
    @Test
    void aConsumerWaitsUntilItsTransactionCanEnd(Lab lab, OwnBroker broker) {
        allowTransactions(lab);
        lab.sendOrders(0, ORDERS);
        Running consumer = lab.frozenConsumer("written", "--commit", "transactional");
        broker.freeze();
        consumer.thaw();
        awaitSaid(consumer, "transaction not committed: ");
        awaitSaid(consumer, "the transaction has not ended yet, will try again: ");
        broker.thaw();
        lab.awaitCaughtUp();
        assertThat(consumer.alive()).isTrue();
        assertThat(lab.ordersByOutcomes()).isEqualTo(Map.of(1, (long) ORDERS));
    }

    /** The client wraps it: "Transaction Request was aborted after exhausting retries" says nothing. */
    @Test
    void theRootCauseOfAFailureIsSaid(Lab lab) {
        allowTransactions(lab);
        lab.kafka().createTopic(lab.dlq, 1, Map.of("max.message.bytes", "1000"));
        lab.kafka().createTopic(lab.events, 1);
        lab.sendAllTo(0, "bad-", 1, "customerf", 2_000);
        Running consumer = lab.consumer("--commit", "transactional");
        awaitSaid(consumer, "transaction not committed: a record was not written: "
                + "The request included a message larger than the max message size the server will accept.");
    }

    private static void allowTransactions(Lab lab) {
        if (lab.kafka().partitions(LOG) == 0) {
            lab.kafka().createTopic(LOG, LOG_PARTITIONS, Map.of("cleanup.policy", "compact"));
        }
    }

    private static void awaitSaid(Running consumer, String line) {
        await(line).atMost(SOON).until(() -> {
            assertThat(consumer.alive()).as(consumer.tail()).isTrue();
            return consumer.err().contains(line);
        });
    }

    // --- the class alone, with a real producer --------------------------------------------------------------------

    @Test
    void anIllegalStateWithinATransactionIsAborted(Lab lab) {
        AtomicInteger runs = new AtomicInteger();
        assertThat(writtenBySecondAttempt(lab, () -> producer(lab), producer -> {
            if (runs.getAndIncrement() == 0) {
                producer.beginTransaction(); // a second time
            }
        })).containsExactly("outcome");
        assertThat(runs).hasValue(2);
    }

    @Test
    void aProducerThatIsInAnIllegalStateFromTheStartIsReplaced(Lab lab) {
        AtomicInteger producers = new AtomicInteger();
        assertThat(writtenBySecondAttempt(lab, () -> {
            Producer<byte[], byte[]> producer = producer(lab);
            if (producers.getAndIncrement() == 0) {
                producer.initTransactions(); // so that it cannot be called again
            }
            return producer;
        }, producer -> { })).containsExactly("outcome");
        assertThat(producers).hasValue(2);
    }

    /** Gives the same batch to a recovery twice. Returns what is visible in the topic then. */
    private static List<String> writtenBySecondAttempt(Lab lab, Supplier<Producer<byte[], byte[]>> producers,
            java.util.function.Consumer<Producer<byte[], byte[]>> fault) {
        allowTransactions(lab);
        lab.kafka().createTopic(lab.outcomes, 1);
        Report report = new Report("order", NOPLogger.NOP_LOGGER);
        PendingWrites pending = new PendingWrites(Duration.ZERO, false, report);
        OutcomeWriter writer = new OutcomeWriter(pending, () -> { });
        HappyPath path = (producer, batch) -> {
            producer.beginTransaction();
            fault.accept(producer);
            writer.send(producer, batch);
            producer.commitTransaction();
            pending.written(batch);
        };
        Map<String, Object> settings = new HashMap<>(lab.broker().client());
        settings.put("group.id", lab.group);
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                var recovery = new TransactionRecovery(number -> producers.get(), consumer, new Assignment(consumer,
                        null, partition -> Ledger.none(), 1, 1, report), writer, pending, path, () -> false)) {
            pending.add(handled(lab));
            recovery.commit(pending.all());
            recovery.commit(pending.all());
            assertThat(pending.all()).as("not written").isEmpty();
        }
        return lab.kafka().visibleRecords(lab.outcomes).stream().map(record -> Kafka.text(record.key())).toList();
    }

    private static Handled handled(Lab lab) {
        var record = new ConsumerRecord<>(lab.events, 0, 0, Kafka.bytes("order"), Kafka.bytes("{}"));
        Delivery delivery = Delivery.of(record,
                new OwnedPartition(new TopicPartition(lab.events, 0), "", Ledger.none()));
        return new Handled(delivery, new Result.Duplicate<>(new messages.Message<>("order", null, "")), null,
                new ProducerRecord<>(lab.outcomes, Kafka.bytes("outcome"), Kafka.bytes("{}")));
    }

    private static Producer<byte[], byte[]> producer(Lab lab) {
        Map<String, Object> settings = new HashMap<>(lab.broker().client());
        settings.put("transactional.id", lab.group);
        settings.put("max.block.ms", 5_000);
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
