package work;

import java.time.Duration;
import java.time.Instant;
import ledger.Ledger;
import messages.Context;
import messages.IdempotencyConflict;
import messages.Message;
import messages.MessageReader;
import messages.NotNow;
import messages.PermanentFailure;
import messages.UnreadableFailure;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
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
    private static final int SHORTEST_PAUSE_MS = 100;

    private final String noun;
    private final KeyedWorkers workers;
    private final MessageReader<T> reader;
    private final Handler<T> handler;
    private final Limits limits;
    private final Backoff backoff;
    private final Backoff pauses; // of partitions
    private final Breaker breaker;
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
        this.limits = limits;
        this.backoff = new Backoff(Duration.ofMillis(limits.retryBackoffMs), LONGEST_BACKOFF);
        this.pauses = new Backoff(
                Duration.ofMillis(Math.max(limits.retryBackoffMs, SHORTEST_PAUSE_MS)), LONGEST_BACKOFF);
        this.breaker = new Breaker(noun, limits.breakerShare, limits.breakerWindow, log);
        this.workers = new KeyedWorkers(limits.concurrency, Duration.ofMillis(limits.handlerTimeoutMs));
        this.retried = retried;
        this.log = log;
    }

    /**
     * @param concurrency      how many messages to handle at a time
     * @param handlerTimeoutMs for how long a handler may run
     * @param maxAttempts      how often to try a message whose failure may pass
     * @param retryBackoffMs   the wait before the second attempt; it doubles with each further one
     * @param breakerShare     how many of the recent messages have to fail for an outage, 0 to 1; 0 looks for none
     * @param breakerWindow    how many messages are recent
     * @param skipConflicts    whether a message whose id was processed with other content counts as a duplicate
     */
    public record Limits(int concurrency, int handlerTimeoutMs, int maxAttempts, int retryBackoffMs,
            double breakerShare, int breakerWindow, boolean skipConflicts) {
    }

    /** Runs a task on a worker's thread, after all earlier ones of the same lane. Never blocks. */
    public void submit(Object lane, Runnable task) {
        workers.submit(lane, task);
    }

    /** Whether the handler's failures look like an outage, and how many of those there were. */
    public Breaker.Outages outages() {
        return breaker.outages();
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
        Result<T> result = null;
        while (result == null) {
            result = gate.sleep(attempts.pause) ? attempts.next() : attempts.abandon();
        }
        return result;
    }

    /** The attempts at one record, one after the other. It is read once. */
    private final class Attempts {
        private final ConsumerRecord<byte[], byte[]> record;
        private final Ledger ledger;
        private final Gate gate;
        private Message<T> message;
        private Duration pause = Duration.ZERO; // before the next one
        private boolean begun;
        private int made;
        private int failed; // since the last outage
        private int outages = breaker.count(); // when it was last tried
        private int handledAfter = -1; // so many outages

        Attempts(ConsumerRecord<byte[], byte[]> record, Ledger ledger, Gate gate) {
            this.record = record;
            this.ledger = ledger;
            this.gate = gate;
        }

        /** Makes the next one; null if there has to be another. */
        Result<T> next() {
            try {
                return mayBegin() ? workers.inSlot(() -> gate.isPaused() ? null : make()) : abandon();
            } catch (Throwable e) { // errors too: a handler's stack overflow must not take the worker with it
                if (gate.left()) {
                    return abandon();
                }
                Exception cause = UnreadableFailure.unlessReadable(e);
                return switch (e) {
                    case PermanentFailure permanent -> new DeadLettered<>(message, cause, made);
                    case NotNow notNow -> waitForPartition(cause);
                    default -> waitForRetry(cause);
                };
            }
        }

        /** Also asked before it takes a slot, which may take long: a partition that drains waits for what has begun. */
        private boolean mayBegin() {
            return begun ? gate.isOpen() : gate.admits(record.offset());
        }

        private Result<T> make() throws Exception {
            if (begun ? !gate.isOpen() : !gate.begin(record.offset())) {
                return abandon();
            }
            begun = true;
            made++;
            if (message == null) {
                message = reader.read(record);
            }
            switch (ledger.lookUp(message)) {                                                           // 2
                case SAME -> {
                    return new Duplicate<>(message);
                }
                case OTHER_CONTENT -> {
                    if (!limits.skipConflicts) {
                        throw new IdempotencyConflict(noun + " " + message.id());
                    }
                    return new Duplicate<>(message);
                }
                case UNKNOWN -> {
                    log.debug("processing {} {} ({}), attempt {}", noun, message.id(), this, made);
                    if (!breaker.call(this::handle, gate, handledAfter < breaker.count())) {
                        return abandon();
                    }
                    ledger.add(message); // at once: a duplicate may follow in the same batch
                    gate.worked();
                }
            }
            return new Processed<>(message, made);
        }

        private void handle() throws Exception {
            handledAfter = breaker.count();
            Context context = new Attempt(new TopicPartition(record.topic(), record.partition()), record.offset(), made,
                    Instant.now().plusMillis(limits.handlerTimeoutMs), gate);
            workers.call(() -> handler.handle(message.body(), context), this, gate::left);              // 3
        }

        private Result<T> waitForPartition(Exception cause) {
            gate.pause(pauses, cause.getMessage());
            made--;
            pause = Duration.ZERO;
            return null;
        }

        /** Null, unless all its attempts have failed. What fails in an outage does not count. */
        private Result<T> waitForRetry(Exception cause) {
            boolean outage = breaker.isOpen() || breaker.count() > outages
                    || failed + 1 >= limits.maxAttempts && breaker.opens();
            outages = breaker.count();
            failed = outage ? 0 : failed + 1;
            if (failed >= limits.maxAttempts) {
                return new DeadLettered<>(message, cause, made);
            }
            if (outage) {
                log.debug("{} {} failed in an outage, will be retried: {}", noun, id(), cause.getMessage());
            } else {
                log.warn("{} {} failed at attempt {} of {}, will be retried: {}", noun, id(), failed,
                        limits.maxAttempts, cause.getMessage());
            }
            retried.run();
            pause = backoff.after(Math.max(failed, 1));
            return null;
        }

        /** The next owner of the partition will do it. */
        Result<T> abandon() {
            gate.abandon(record.offset());
            return new Abandoned<>();
        }

        /** Of the message, or of its record where none could be read. */
        private String id() {
            return message == null ? toString() : message.id();
        }

        @Override
        public String toString() {
            return record.topic() + "-" + record.partition() + "@" + record.offset();
        }
    }

    /** One attempt, for the handler. */
    private record Attempt(TopicPartition partition, long offset, int attempt, Instant deadline, Gate gate)
            implements Context {
        @Override
        public boolean cancelled() {
            return gate.left() || Instant.now().isAfter(deadline);
        }
    }
}
