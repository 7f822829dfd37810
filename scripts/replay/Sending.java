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
 * Sends a batch and waits until all of it is acknowledged. In which order that and the commit of the progress happen is
 * the script's; here stands what it means, for either order, that a record is refused.
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
     * What sending a batch came to.
     *
     * @param written  what was acknowledged
     * @param position where to go on reading, by partition of the dead-letter topic
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

    /** @param overtaken whether some that are behind it in its partition were acknowledged */
    public record Refusal(Letter letter, Throwable why, boolean overtaken) {
        private Failure failure() {
            boolean forGood = !(why instanceof RetriableException);
            return new Failure(why instanceof TimeoutException ? ExitCode.NO_BROKER : ExitCode.FAILED, letter.at()
                    + " was not replayed (" + why.getMessage() + "): run it again to go on from there"
                    + (forGood ? ", or leave it out with --skip " + letter.at() : "")
                    + (overtaken ? "; those behind it in its batch were sent, and will be sent again." : "."), why);
        }
    }

    /** For a commit that follows: what is behind a refused record in its partition is not to be committed. */
    public static final class SendThenCommit extends Sending {
        public SendThenCommit(Producer<byte[], byte[]> producer, RateLimit rate) {
            super(producer, rate);
        }

        /** @param end where to go on reading if all of it is acknowledged */
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
                    future = sendAlone(batch.get(i)); // what went with a record that is refused is refused with it
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

    /** For a transaction that holds the commit, too: it is written whole, or nothing of it is. */
    public static final class SendInTransaction extends Sending {
        public SendInTransaction(Producer<byte[], byte[]> producer, RateLimit rate) {
            super(producer, rate);
        }

        /**
         * Sends the batch in the transaction that is open.
         *
         * @param end where to go on reading afterwards
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
         * @throws KafkaException if it failed for another reason. Of a timeout it is not known whether the transaction
         *                        was committed: that shows when the replay is run again
         */
        public Sent orRefusal(List<Outgoing> batch, Supplier<Sent> transaction) {
            try {
                return transaction.get();
            } catch (TimeoutException | InterruptException e) {
                throw e;
            } catch (KafkaException e) {
                KafkaException cause = e.getCause() instanceof KafkaException known ? known : e;
                if (cause instanceof RetriableException) {
                    throw cause; // Kafka is away; to close the producer aborts, or Kafka does when it is back
                }
                return new Sent(List.of(), Map.of(), Optional.of(culprit(batch, cause)));
            }
        }

        /**
         * The client gives its error also to what it had not sent yet, so that the refused record shows only when one
         * is sent after the other; in a transaction that is aborted.
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
                cause.addSuppressed(e); // it did not fail for a record: this producer may not go on
            }
            if (refusal == null) {
                throw cause;
            }
            return refusal;
        }
    }

    /** Sends and waits; once Kafka is gone, each of the others would take its time to find that out. */
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
