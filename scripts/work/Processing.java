package work;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import ledger.Ledger;
import messages.IdempotencyConflict;
import messages.Message;
import messages.MessageReader;
import messages.PermanentFailure;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import work.Result.Abandoned;
import work.Result.DeadLettered;
import work.Result.Duplicate;
import work.Result.Processed;

/**
 * Steps 2 and 3 of the consumer, on a worker's thread: reads a message, looks it up in the ledger, handles it, and
 * tries again, after a pause, if the failure may pass.
 */
public final class Processing<T> implements AutoCloseable {
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(10);

    private final String noun;
    private final KeyedWorkers workers;
    private final MessageReader<T> reader;
    private final Handler<T> handler;
    private final int maxAttempts;
    private final Backoff backoff;
    private final Runnable retried;
    private final Logger log;

    /**
     * @param noun    what the log calls a message, such as "order"
     * @param retried called when a failed attempt is to be retried
     */
    public Processing(String noun, MessageReader<T> reader, Handler<T> handler, Limits limits, Runnable retried,
            Logger log) {
        this.noun = noun;
        this.reader = reader;
        this.handler = handler;
        this.maxAttempts = limits.maxAttempts;
        this.backoff = new Backoff(Duration.ofMillis(limits.retryBackoffMs), LONGEST_BACKOFF);
        this.workers = new KeyedWorkers(limits.concurrency, Duration.ofMillis(limits.handlerTimeoutMs));
        this.retried = retried;
        this.log = log;
    }

    /**
     * @param concurrency      how many messages to handle at a time
     * @param handlerTimeoutMs for how long a handler may run
     * @param maxAttempts      how often to try a message whose failure may pass
     * @param retryBackoffMs   the wait before the second attempt; it doubles with each further one
     */
    public record Limits(int concurrency, int handlerTimeoutMs, int maxAttempts, int retryBackoffMs) {
    }

    /** Runs a task on a worker's thread, after all earlier ones of the same lane. Never blocks. */
    public void submit(Object lane, Runnable task) {
        workers.submit(lane, task);
    }

    @Override
    public void close() {
        workers.close();
    }

    /**
     * Never throws: what fails is dead-lettered.
     *
     * @param ledger of the record's partition
     * @param gate   of the record's partition
     */
    public Result<T> process(ConsumerRecord<byte[], byte[]> record, Ledger ledger, Gate gate) {
        Attempts attempts = new Attempts(record, ledger, gate);
        for (int n = 1; ; n++) {
            int attempt = n;
            try {
                return workers.inSlot(() -> attempts.make(attempt), attempts);
            } catch (PermanentFailure e) {
                return new DeadLettered<>(attempts.message, e, attempt);
            } catch (Throwable e) { // errors too: a handler's stack overflow must not take the worker with it
                Exception cause = e instanceof Exception exception ? exception : new ExecutionException(e);
                if (attempt >= maxAttempts) {
                    return new DeadLettered<>(attempts.message, cause, attempt);
                }
                log.warn("{} {} failed at attempt {} of {}, will be retried: {}", noun, attempts.id(), attempt,
                        maxAttempts, cause.getMessage());
                retried.run();
                gate.sleep(backoff.after(attempt));
            }
        }
    }

    /** The attempts at one record, one after the other. It is read once. */
    private final class Attempts {
        private final ConsumerRecord<byte[], byte[]> record;
        private final Ledger ledger;
        private final Gate gate;
        private Message<T> message;

        Attempts(ConsumerRecord<byte[], byte[]> record, Ledger ledger, Gate gate) {
            this.record = record;
            this.ledger = ledger;
            this.gate = gate;
        }

        Result<T> make(int attempt) throws Exception {
            if (!gate.begin(record.offset())) {
                return new Abandoned<>();
            }
            if (message == null) {
                message = reader.read(record);
            }
            switch (ledger.lookUp(message)) {                                                           // 2
                case SAME -> {
                    return new Duplicate<>(message);
                }
                case OTHER_CONTENT -> throw new IdempotencyConflict(noun + " " + message.id());
                case UNKNOWN -> {
                    log.debug("processing {} {} ({}), attempt {}", noun, message.id(), this, attempt);
                    handler.handle(message.body(), attempt);                                            // 3
                    ledger.add(message); // at once: a duplicate may follow in the same batch
                }
            }
            return new Processed<>(message, attempt);
        }

        /** Of the message, or of its record where none could be read. */
        String id() {
            return message == null ? toString() : message.id();
        }

        @Override
        public String toString() {
            return record.topic() + "-" + record.partition() + "@" + record.offset();
        }
    }
}
