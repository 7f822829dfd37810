package consumer;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import messages.Message;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import work.Result.Abandoned;
import work.Result.DeadLettered;
import work.Result.Duplicate;
import work.Result.Processed;

/** Lines in the log for what comes in and what is written, and a counter for each kind of result. */
public final class Report {
    private static final Duration NOTICEABLE = Duration.ofSeconds(1);

    private final LongAdder processed = new LongAdder();
    private final LongAdder duplicates = new LongAdder();
    private final LongAdder deadLetters = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder commits = new LongAdder();
    private final LongAdder gone = new LongAdder();
    private final String noun;
    private final Logger log;

    /** @param noun what the log calls a message, such as "order" */
    public Report(String noun, Logger log) {
        this.noun = noun;
        this.log = log;
    }

    /**
     * How many records had which result since the start, how many attempts were retries, and how many records were gone
     * before they could be read.
     */
    public record Totals(long processed, long duplicates, long deadLetters, long retries, long gone) {
        long finished() {
            return processed + duplicates + deadLetters;
        }
    }

    /**
     * Why nothing of a partition can be committed, or nothing more comes in.
     *
     * @param why  for people to read
     * @param time since its first uncommitted record came in, it was found to be corrupt, or it was assigned
     */
    public record HeldBack(Reason reason, String why, Duration time) {
        /** What a partition waits for: its ledger, or something that its next record needs. */
        public enum Reason {
            RESTORING("waits for its ledger"), HANDLING("is not handled yet"),
            PAUSED("waits until its handler can work"),
            WRITING("waits to be written"), REFUSED("is refused by Kafka"), COMMITTING("waits to be committed"),
            CORRUPT("is corrupt");

            private final String text;

            Reason(String text) {
                this.text = text;
            }
        }

        /** @param since by {@link System#nanoTime()} */
        static HeldBack at(long offset, Reason reason, long since) {
            return new HeldBack(reason, "offset " + offset + " " + reason.text,
                    Duration.ofNanos(System.nanoTime() - since));
        }

        @Override
        public String toString() {
            return why + ", for " + time.toSeconds() + " s";
        }
    }

    public String noun() {
        return noun;
    }

    public Totals totals() {
        return new Totals(processed.sum(), duplicates.sum(), deadLetters.sum(), retries.sum(),
                gone.sum());
    }

    /** How many commits of offsets succeeded since the start. */
    public long commits() {
        return commits.sum();
    }

    /** Called when offsets are committed. */
    void committed() {
        commits.increment();
    }

    /** Called when a failed attempt is to be retried. */
    public void retried() {
        retries.increment();
    }

    /** Called when the next records of a partition do not exist any more. */
    void gone(long records) {
        gone.add(records);
    }

    public void received(Delivery delivery) {
        log.debug("received {}, key {}", delivery, delivery.key());
    }

    /** Called once the writes for these are acknowledged or committed. */
    public void written(List<Handled> batch) {
        for (Handled handled : batch) {
            switch (handled.result()) {
                case Processed<?>(Message<?> message, int attempts) -> {
                    processed.increment();
                    log.info("processed {} {} ({}) {} ms after its poll{}", noun, message.id(), handled,
                            handled.ageMs(), attempts == 1 ? "" : ", at attempt " + attempts);
                }
                case Duplicate<?>(Message<?> message) -> {
                    duplicates.increment();
                    log.info("skipped {} {} ({}) as a duplicate", noun, message.id(), handled);
                }
                case DeadLettered<?>(Message<?> message, Exception cause, int attempts) -> {
                    deadLetters.increment();
                    log.warn("dead-lettered {} after {} attempt{}: {}: {}", message == null ? handled
                            : noun + " " + message.id() + " (" + handled + ")", attempts, attempts == 1 ? "" : "s",
                            cause.getClass().getSimpleName(), cause.getMessage());
                }
                case Abandoned<?>() -> {
                }
            }
        }
    }

    /** Called once a ledger is read back. */
    public void restored(TopicPartition ledger, int messages, Duration took) {
        String restored = String.format("ledger %s read back: %,d processed %ss in %,d ms", ledger, messages, noun,
                took.toMillis());
        if (took.compareTo(NOTICEABLE) > 0) {
            log.info(restored);
        } else {
            log.debug(restored);
        }
    }
}
