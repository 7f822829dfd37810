package replay;

import cli.ExitCode;
import cli.Failure;
import dlq.Letter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Sends a batch and waits until all of it is acknowledged. The script commits the progress, afterwards or in the same
 * transaction; this class handles a record that is refused, in both cases.
 */
public abstract sealed class Sending {
    final Producer<byte[], byte[]> producer;
    private final RateLimit rate;

    private Sending(Producer<byte[], byte[]> producer, RateLimit rate) {
        this.producer = producer;
        this.rate = rate;
    }

    /** A record that was acknowledged, and where it is now. */
    public record Written(Outgoing letter, RecordMetadata at) {
    }

    /**
     * The result of sending a batch.
     *
     * @param written  what was acknowledged
     * @param position where to continue reading, by partition of the dead-letter topic
     * @param refusal  the first record that was refused, if one was
     */
    public record Sent(List<Written> written, Map<TopicPartition, Long> position, Optional<Refusal> refusal) {

        /** @throws Failure if a record was refused */
        public void check() {
            refusal.ifPresent(refused -> {
                throw refused.failure();
            });
        }
    }

    /** @param overtaken whether later ones of its partition were acknowledged */
    public record Refusal(Letter letter, Throwable why, boolean overtaken) {
        private Failure failure() {
            boolean forGood = !(why instanceof RetriableException);
            return new Failure(why instanceof TimeoutException ? ExitCode.NO_BROKER : ExitCode.FAILED, letter.at()
                    + " was not replayed (" + why.getMessage() + "): run it again to go on from there"
                    + (forGood ? ", or leave it out with --skip " + letter.at() : "")
                    + (overtaken ? "; later ones of its batch were sent, and will be sent again." : "."), why);
        }
    }

    /** For a commit that follows: offsets after a refused record in its partition must not be committed. */
    public static final class SendThenCommit extends Sending {
        public SendThenCommit(Producer<byte[], byte[]> producer, RateLimit rate) {
            super(producer, rate);
        }

        /** @param end where to continue reading if all of it is acknowledged */
        public Sent send(List<Outgoing> batch, Map<TopicPartition, Long> end) {
            List<Future<RecordMetadata>> futures = sendAll(batch);
            List<Written> written = new ArrayList<>();
            Map<TopicPartition, Long> position = new HashMap<>(end);
            Set<TopicPartition> held = new HashSet<>();
            Letter refused = null;
            Throwable why = null;
            boolean overtaken = false;
            for (int i = 0; i < batch.size(); i++) {
                Letter letter = batch.get(i).decision().letter();
                TopicPartition partition = new TopicPartition(letter.record().topic(), letter.record().partition());
                Future<RecordMetadata> future = futures.get(i);
                if (failure(future) != null && !(failure(future) instanceof RetriableException) && refused == null) {
                    future = sendAlone(batch.get(i)); // records sent with a refused one are refused, too
                }
                if (failure(future) == null) {
                    written.add(new Written(batch.get(i), future.resultNow()));
                    overtaken |= held.contains(partition);
                    continue;
                }
                if (refused == null) {
                    refused = letter;
                    why = failure(future);
                }
                if (held.add(partition)) {
                    position.put(partition, letter.record().offset());
                }
            }
            return new Sent(written, position, refused == null ? Optional.empty()
                    : Optional.of(new Refusal(refused, why, overtaken)));
        }
    }

    /** For a transaction that also holds the commit: all of it is written, or nothing. */
    public static final class SendInTransaction extends Sending {
        public SendInTransaction(Producer<byte[], byte[]> producer, RateLimit rate) {
            super(producer, rate);
        }

        /**
         * Sends the batch in the open transaction.
         *
         * @param end where to continue reading afterwards
         * @throws KafkaException if a record was refused
         */
        public Sent send(List<Outgoing> batch, Map<TopicPartition, Long> end) {
            List<Future<RecordMetadata>> futures = sendAll(batch);
            List<Written> written = new ArrayList<>();
            for (int i = 0; i < batch.size(); i++) {
                Throwable failure = failure(futures.get(i));
                if (failure != null) {
                    throw failure instanceof KafkaException known ? known : new KafkaException(failure);
                }
                written.add(new Written(batch.get(i), futures.get(i).resultNow()));
            }
            return new Sent(written, end, Optional.empty());
        }

        /**
         * Runs a transaction with a batch; if a record was refused, aborts it and finds out which.
         *
         * @throws KafkaException if it failed for another reason. After a timeout it is not known whether the
         *                        transaction was committed; the next run of the replay finds out
         */
        public Sent orRefusal(List<Outgoing> batch, Supplier<Sent> transaction) {
            try {
                return transaction.get();
            } catch (TimeoutException | InterruptException e) {
                throw e;
            } catch (KafkaException e) {
                KafkaException cause = e.getCause() instanceof KafkaException known ? known : e;
                if (cause instanceof RetriableException) {
                    throw cause; // Kafka is away: closing the producer aborts, or Kafka does once it is back
                }
                return new Sent(List.of(), Map.of(), Optional.of(culprit(batch, cause)));
            }
        }

        /**
         * The client reports the same error for records that it had not sent yet. So this sends one record after the
         * other, to find the refused one, in a transaction that is aborted.
         */
        private Refusal culprit(List<Outgoing> batch, KafkaException cause) {
            Refusal refusal = null;
            try {
                producer.abortTransaction();
                producer.beginTransaction();
                for (int i = 0; i < batch.size() && refusal == null; i++) {
                    Throwable failure = failure(sendAlone(batch.get(i)));
                    refusal = failure == null ? null
                            : new Refusal(batch.get(i).decision().letter(), failure, false);
                }
                producer.abortTransaction();
            } catch (KafkaException | IllegalStateException e) {
                cause.addSuppressed(e); // not the fault of a record: this producer cannot go on
            }
            if (refusal == null) {
                throw cause;
            }
            return refusal;
        }
    }

    /** Sends and waits. Once Kafka is gone, the others fail at once, as each would otherwise wait for its time-out. */
    List<Future<RecordMetadata>> sendAll(List<Outgoing> batch) {
        List<Future<RecordMetadata>> futures = new ArrayList<>();
        Throwable away = null;
        for (Outgoing one : batch) {
            if (away != null) {
                futures.add(CompletableFuture.failedFuture(away));
                continue;
            }
            rate.await();
            Future<RecordMetadata> future = producer.send(one.record());
            futures.add(future);
            if (failure(future) instanceof RetriableException gone) {
                away = gone;
            }
        }
        producer.flush();
        return futures;
    }

    Future<RecordMetadata> sendAlone(Outgoing one) {
        Future<RecordMetadata> future = producer.send(one.record());
        producer.flush();
        return future;
    }

    /** Why a send that has ended failed; null if it did not. */
    static Throwable failure(Future<RecordMetadata> ended) {
        return ended.state() == Future.State.FAILED ? ended.exceptionNow() : null;
    }
}
