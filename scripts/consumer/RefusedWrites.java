package consumer;

import cluster.ClusterFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import work.Result;

/**
 * What Kafka refused to write, by destination and reason: a dead letter that is too large, a topic that is missing or
 * that this user may not write to. All that would fail for the same reason waits with it. Now and then, after a pause
 * that doubles from 1 s to 30 s, one of them is tried again: if Kafka takes it, all others follow. So a thousand
 * refused records cost as much as one. For the poll thread only.
 */
final class RefusedWrites {
    private static final Logger LOG = LoggerFactory.getLogger(RefusedWrites.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final boolean stop;
    private final Map<Reason, Refusal> refusals = new LinkedHashMap<>();
    private Set<String> keys; // of all records here; null when they have changed

    /** @param partition null where the producer chooses it */
    private record Reason(String topic, Integer partition, Class<?> kind) {
        static Reason of(ProducerRecord<?, ?> record, Throwable cause) {
            return new Reason(record.topic(), record.partition(), cause.getClass());
        }

        /** Whether it is the reason of the destination, and not of a record. */
        boolean concernsAll() {
            return RetriableException.class.isAssignableFrom(kind) || kind == TopicAuthorizationException.class;
        }
    }

    /** The records that wait for one reason, and how often each was tried; those of a key in order. */
    private static final class Refusal {
        private final Map<Handled, Integer> records = new LinkedHashMap<>();
        private Duration pause = FIRST_PAUSE;
        private long retryAt = System.nanoTime() + FIRST_PAUSE.toNanos(); // by System.nanoTime()
        private int tooLarge = Integer.MAX_VALUE; // in bytes; where the reason is the size
    }

    /** @param stop whether the consumer stops at the first refusal, with {@link ClusterFailure} */
    RefusedWrites(boolean stop) {
        this.stop = stop;
    }

    /** @throws ClusterFailure if the consumer is to stop */
    void add(Handled handled, ProducerRecord<byte[], byte[]> record, Throwable cause) {
        boolean mayPass = cause instanceof RetriableException;
        String sentence = (mayPass ? "Kafka does not take the " : "Kafka refuses the ")
                + (handled.result() instanceof Result.DeadLettered ? "dead letter" : "outcome") + " of " + handled
                + ", no offset after it is committed: " + cause.getMessage()
                + (cause instanceof RecordTooLargeException ? " Raise max.message.bytes of " + record.topic()
                        + ", or change max.request.size in --command-config: larger dead letters are written without "
                        + "their value." : "");
        if (stop && !mayPass) {
            throw new ClusterFailure(ClusterFailure.Kind.REFUSED, sentence
                    + " Fix that, and start again (--on-refusal stop).", cause);
        }
        Reason reason = Reason.of(record, cause);
        refusals.entrySet().removeIf(other -> !other.getKey().equals(reason)
                && other.getValue().records.remove(handled) != null && other.getValue().records.isEmpty());
        boolean known = refusals.containsKey(reason);
        Refusal refusal = refusals.computeIfAbsent(reason, r -> new Refusal());
        boolean again = refusal.records.containsKey(handled);
        refusal.records.merge(handled, 1, Integer::sum);
        if (cause instanceof RecordTooLargeException) {
            refusal.tooLarge = Math.min(refusal.tooLarge, size(record));
        }
        if (again) {
            refusal.pause = min(refusal.pause.multipliedBy(2), LONGEST_PAUSE);
            refusal.retryAt = System.nanoTime() + refusal.pause.toNanos();
        }
        if (again || !known) {
            int others = refusal.records.size() - 1;
            LOG.atLevel(mayPass ? Level.WARN : Level.ERROR).log("{} Will try again in {} s{}.", sentence,
                    refusal.pause.toSeconds(), others == 0 ? "" : "; " + others + " more wait"
                            + (others == 1 ? "s" : ""));
        }
        keys = null;
    }

    /** Takes a record that would be refused for a reason that is known; returns whether it did. */
    boolean hold(Handled handled) {
        for (ProducerRecord<byte[], byte[]> record : handled.unwritten()) {
            for (Map.Entry<Reason, Refusal> refusal : refusals.entrySet()) {
                Reason reason = refusal.getKey();
                if (reason.topic.equals(record.topic()) && Objects.equals(reason.partition, record.partition())
                        && (reason.concernsAll() || size(record) >= refusal.getValue().tooLarge)) {
                    refusal.getValue().records.put(handled, 0);
                    handled.place().refused();
                    keys = null;
                    return true;
                }
            }
        }
        return false;
    }

    /** Notes what was written; returns those that wait for the same reasons, and should be tried again. */
    List<Handled> written(Set<Handled> written) {
        List<Handled> again = new ArrayList<>();
        refusals.entrySet().removeIf(entry -> {
            Set<Handled> records = entry.getValue().records.keySet();
            if (!records.removeAll(written)) {
                return false;
            }
            LOG.info("Kafka takes what it refused for {}; {} more will be tried now", entry.getKey().topic,
                    records.size());
            again.addAll(records);
            keys = null;
            return true;
        });
        return again;
    }

    void dropMoot() {
        refusals.values().removeIf(refusal -> {
            if (refusal.records.keySet().removeIf(Handled::isMoot)) {
                keys = null;
            }
            return refusal.records.isEmpty();
        });
    }

    boolean isEmpty() {
        return refusals.isEmpty();
    }

    /** One that is to be tried again now. */
    Optional<Handled> due() {
        long now = System.nanoTime();
        for (Refusal refusal : refusals.values()) {
            if (refusal.retryAt - now <= 0) {
                refusal.retryAt = now + refusal.pause.toNanos(); // the outcome of this attempt may take longer
                return Optional.of(next(refusal));
            }
        }
        return Optional.empty();
    }

    /**
     * One that was tried least; where the reason is the size, small ones are tried more often than large ones (but not
     * only they: a large one may fit if it is compressed). Never one behind its key's first.
     */
    private static Handled next(Refusal refusal) {
        Set<String> keys = new HashSet<>();
        boolean bySize = refusal.tooLarge < Integer.MAX_VALUE;
        return refusal.records.entrySet().stream()
                .filter(one -> one.getKey().key() == null || keys.add(one.getKey().key()))
                .min(Comparator.comparingLong(one ->
                        (one.getValue() + 1L) * (bySize ? size(one.getKey().next()) : 1)))
                .orElseThrow().getKey();
    }

    /** The keys for which nothing may be written yet. Records without a key have no order. */
    Set<String> keys() {
        if (keys == null) {
            keys = new HashSet<>();
            refusals.values().forEach(refusal -> refusal.records.keySet().forEach(one -> keys.add(one.key())));
            keys.remove(null);
        }
        return keys;
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static int size(ProducerRecord<byte[], byte[]> record) {
        return Delivery.bytes(record.key(), record.value(), record.headers());
    }
}
