package api;

import api.Sent.Acknowledged;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import messages.Digest;

/**
 * The latest orders: with which key and content each was placed, where it is written, and its outcome. It makes
 * no difference whether an order came in here, was written by another process, or was there before the start. Bounded
 * in number; the oldest are dropped first. Ids and keys are kept as digests: an order takes some 250 bytes, however
 * long they are. Safe for several threads.
 */
public final class KnownOrders {
    private final int most;
    private final SequencedMap<Digest, Known> byId = new LinkedHashMap<>(); // oldest first
    private final Map<Digest, Known> byKey = new HashMap<>(); // where the order_id is not made from the key
    private final Map<Digest, InFlight> inFlight = new HashMap<>(); // by id, and by such a key
    private final Map<Integer, Long> forgotten = new HashMap<>(); // by partition: the last offset that was dropped
    private boolean restoring = true; // what comes in is not in order yet
    private final Map<Digest, List<CompletableFuture<Void>>> awaited = new HashMap<>(); // outcomes to come, by id

    /** The place of a record. */
    public record Place(int partition, long offset) {
        /** Whether it comes before another one; false where that cannot be known. */
        boolean isBefore(Place other) {
            return partition == other.partition && offset < other.offset;
        }
    }

    /**
     * What makes two requests the same order.
     *
     * @param key     null if there is none
     * @param idOfKey that of the order_id which would be made from the key; null if there is none
     * @param content see {@link orders.Order#contentDigest()}; null if it is not known
     */
    public record Identity(Digest id, Digest key, Digest idOfKey, Digest content) {
        /** @param key null for none */
        public static Identity of(String orderId, String key, Digest content) {
            return new Identity(id(orderId), key == null ? null : Digest.of(List.of("key", key)),
                    key == null ? null : id(idFor(key)), content);
        }

        private boolean hasIdOfKey() {
            return id.equals(idOfKey);
        }

        static Digest id(String orderId) {
            return Digest.of(orderId.getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * What the consumer wrote about an order.
     *
     * @param source  the record that it is the outcome of
     * @param content of that record; null if the outcome does not say
     */
    public record Outcome(String status, String reason, int attempts, Instant at, Place source, Digest content) {
        boolean isProcessed() {
            return status.equals(orders.Outcome.PROCESSED);
        }
    }

    /** @param outcome null if there is none yet */
    public record Status(Place place, Outcome outcome) {
    }

    private record InFlight(Identity identity, CompletableFuture<Sent> sent) {
    }

    private static final class Known {
        private final Digest id;
        private Digest key;
        private Digest content; // of the first record
        private Place first;
        private Place last;
        private Digest lastContent;
        private Outcome outcome;

        private Known(Identity identity, Place at) {
            id = identity.id;
            key = identity.hasIdOfKey() ? null : identity.key; // then it is found by its id
            content = identity.content;
            lastContent = identity.content;
            first = at;
            last = at;
        }

        private boolean is(Identity other) {
            return id.equals(other.id) && other.content.equals(content);
        }

        /** An outcome of an earlier record is not that of the last one, unless it makes that one a duplicate. */
        private Status status() {
            boolean current = outcome != null && (!outcome.source.isBefore(last)
                    || outcome.isProcessed() && lastContent.equals(outcome.content));
            return new Status(first, current ? outcome : null);
        }
    }

    /** @param most how many orders to remember */
    public KnownOrders(int most) {
        this.most = most;
    }

    /** How many orders it remembers at most. */
    public int most() {
        return most;
    }

    /** The order_id for an order that has none: the same for every request with this key, at any time, anywhere. */
    public static String idFor(String key) {
        return UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8)).toString();
    }

    // --- placing orders -------------------------------------------------------------------------------------------

    /** Looks an order up; if nobody has placed it, it is in flight from now on, until {@link #settle}. */
    public synchronized Claim claim(Identity order) {
        Claim claim = order.key == null ? null : lookUp(order, order.key, byKey, true);
        if (claim == null && order.idOfKey != null) {
            claim = lookUp(order, order.idOfKey, byId, true);
        }
        if (claim == null) {
            claim = lookUp(order, order.id, byId, order.hasIdOfKey());
        }
        if (claim != null) {
            return claim;
        }
        InFlight mine = new InFlight(order, new CompletableFuture<>());
        inFlight.put(order.id, mine);
        if (order.key != null) {
            inFlight.put(order.key, mine);
        }
        return new Claim.New(mine.sent);
    }

    private Claim lookUp(Identity order, Digest digest, Map<Digest, Known> known, boolean isKey) {
        Known placed = known.get(digest);
        if (placed != null && placed.content != null) {
            return placed.is(order) ? new Claim.Placed(CompletableFuture.completedFuture(
                    new Acknowledged(placed.first.partition, placed.first.offset))) : new Claim.Taken(isKey);
        }
        InFlight waiting = inFlight.get(digest);
        if (waiting == null) {
            return null;
        }
        return waiting.identity.id.equals(order.id) && waiting.identity.content.equals(order.content)
                ? new Claim.Placed(waiting.sent) : new Claim.Taken(isKey);
    }

    /** Notes the result of sending an order: remembers it, or forgets it, so that a retry is sent again. */
    public synchronized void settle(Identity order, Sent sent) {
        if (sent instanceof Acknowledged at) {
            written(order, new Place(at.partition(), at.offset()));
        }
        inFlight.remove(order.id);
        if (order.key != null) {
            inFlight.remove(order.key);
        }
    }

    // --- what the topics say --------------------------------------------------------------------------------------

    /** Whether the record at a place is known already, so that it need not be read. */
    synchronized boolean knows(Digest id, Place at) {
        Known known = byId.get(id);
        return known != null && known.content != null && (known.first.equals(at) || known.last.equals(at));
    }

    /** An order that is known has its record at the end of what was read so far: what has only an outcome is older. */
    public synchronized void makeLatest(Digest id) {
        Known known = byId.get(id);
        if (known != null) {
            byId.putLast(id, known);
        }
    }

    /** Notes a record in {@code order-events}. */
    public synchronized void written(Identity order, Place at) {
        Known known = byId.get(order.id);
        if (known == null || known.content == null) {
            add(new Known(order, at), known == null ? null : known.outcome);
        } else if (at.offset >= 0 && (known.first.offset < 0 || at.isBefore(known.first))) { // < 0: nobody acknowledged
            known.first = at;
            known.content = order.content;
        } else if (known.last.isBefore(at) || known.last.partition != at.partition) {
            known.last = at;
            known.lastContent = order.content;
        }
    }

    /** The topic of orders was made again: what was known of the former one is not there any longer. */
    synchronized void clear() {
        byId.clear();
        byKey.clear();
        forgotten.clear();
    }

    /** Notes a record in {@code order-outcomes}. */
    synchronized void outcome(Identity order, Outcome outcome) {
        Known known = byId.get(order.id);
        if (known == null) {
            add(new Known(order, outcome.source), outcome);
        } else {
            known.outcome = outcome;
        }
        awaited.getOrDefault(order.id, List.of()).forEach(waiting -> waiting.complete(null));
        awaited.remove(order.id);
    }

    private void add(Known known, Outcome outcome) {
        if (most == 0 || !restoring && known.first.offset >= 0
                && known.first.offset <= forgotten.getOrDefault(known.first.partition, -1L)) {
            return; // it is older than one that was dropped: there is no room for it
        }
        known.outcome = outcome;
        byId.put(known.id, known);
        if (known.key != null) {
            byKey.put(known.key, known);
        }
        drop(restoring ? 3L * most : most); // two tails, one after the other: so many outcomes, and so many records
    }

    private void drop(long room) {
        while (byId.size() > room) {
            Known oldest = byId.pollFirstEntry().getValue();
            byKey.remove(oldest.key, oldest);
            if (!restoring) {
                forgotten.merge(oldest.first.partition, oldest.first.offset, Math::max);
            }
        }
    }

    /** All that was written before the start has come in: the latest stay. */
    public synchronized void restored() {
        drop(most);
        restoring = false;
    }

    // --- looking at orders ----------------------------------------------------------------------------------------

    /** @return empty if the order is not known, or no longer remembered */
    public synchronized Optional<Status> status(String orderId) {
        return Optional.ofNullable(byId.get(Identity.id(orderId))).map(Known::status);
    }

    /**
     * Waits until the order has an outcome, or the time is over.
     *
     * @throws InterruptedException if the thread is interrupted
     */
    public Optional<Status> await(String orderId, Duration patience) throws InterruptedException {
        if (patience.isZero()) {
            return status(orderId);
        }
        Digest id = Identity.id(orderId);
        CompletableFuture<Void> outcome = toCome(id, orderId);
        try {
            outcome.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            stopWaiting(id, outcome);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        return status(orderId);
    }

    private synchronized CompletableFuture<Void> toCome(Digest id, String orderId) {
        CompletableFuture<Void> outcome = new CompletableFuture<>();
        if (status(orderId).filter(known -> known.outcome != null).isPresent()) {
            outcome.complete(null);
        } else {
            awaited.computeIfAbsent(id, none -> new ArrayList<>()).add(outcome);
        }
        return outcome;
    }

    private synchronized void stopWaiting(Digest id, CompletableFuture<Void> outcome) {
        awaited.computeIfPresent(id, (same, waiting) -> waiting.remove(outcome) && waiting.isEmpty() ? null : waiting);
    }
}
