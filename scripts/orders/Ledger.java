package orders;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Which orders of one partition were processed, with what content, and for how long that is remembered. It lives in
 * {@code order-outcomes}, in the partition of the same number, and {@link LedgerRestore} reads it back from there: the
 * write that says what became of an order is the write that remembers it.
 *
 * <p>An order takes some 90 bytes of heap: two digests of 128 bits, the second it was processed, and the map's own.
 */
public final class Ledger {
    /** What the ledger knows of an order. */
    public enum Knowledge { UNKNOWN, SAME, OTHER_CONTENT }

    private final Map<Entry, Entry> entries; // each under itself; null if nothing is to be remembered
    private final long retentionMillis;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean restored;

    private Ledger(Map<Entry, Entry> entries, long retentionMillis, boolean restored) {
        this.entries = entries;
        this.retentionMillis = retentionMillis;
        this.restored = restored;
    }

    /** Remembers nothing: every record counts as new. */
    public static Ledger none() {
        return new Ledger(null, Long.MAX_VALUE, true);
    }

    /** A set in the process, that is gone when the process or the partition goes. */
    public static Ledger inMemory() {
        return new Ledger(new ConcurrentHashMap<>(), Long.MAX_VALUE, true);
    }

    /** The durable one, empty until it is {@link #restored()}. Remembers an order for as long as its topic does. */
    static Ledger durable(long retentionMillis) {
        return new Ledger(new ConcurrentHashMap<>(), retentionMillis, false);
    }

    /** An order, by digests of its id and of its content; equal by the id alone. */
    private record Entry(long idHigh, long idLow, long contentHigh, long contentLow, int second) {
        static Entry of(Digest id, Digest content, long millis) {
            return new Entry(id.high(), id.low(), content.high(), content.low(), (int) (millis / 1000));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Entry that && idHigh == that.idHigh && idLow == that.idLow;
        }

        @Override
        public int hashCode() {
            return (int) idLow; // of a digest all bits are as good
        }
    }

    public Knowledge lookUp(Order order, Digest content) {
        if (entries == null) {
            return Knowledge.UNKNOWN;
        }
        Entry entry = entries.get(entry(order, content));
        return entry == null || expired(entry, System.currentTimeMillis()) ? Knowledge.UNKNOWN
                : entry.contentHigh == content.high() && entry.contentLow == content.low() ? Knowledge.SAME
                : Knowledge.OTHER_CONTENT;
    }

    /** Notes an order as processed; to be called as soon as it is, for a duplicate may follow in the same batch. */
    public void add(Order order, Digest content) {
        if (entries != null) {
            put(entry(order, content));
        }
    }

    private static Entry entry(Order order, Digest content) {
        return Entry.of(id(order.orderId().getBytes(StandardCharsets.UTF_8)), content, System.currentTimeMillis());
    }

    private static Digest id(byte[] orderId) {
        return Digest.of(orderId);
    }

    private void put(Entry entry) {
        if (entries.put(entry, entry) != null) { // the map keeps the key it had, and with it a second entry
            entries.remove(entry);
            entries.put(entry, entry);
        }
    }

    /** Notes an order that was processed earlier. */
    void restore(byte[] orderId, Digest content, long processedAt) {
        put(Entry.of(id(orderId), content, processedAt));
    }

    /** A tombstone in the topic: the order is as good as new. */
    void forget(byte[] orderId) {
        entries.remove(Entry.of(id(orderId), new Digest(0, 0), 0));
    }

    void restored(boolean restored) {
        this.restored = restored;
    }

    /** Whether all is read back; until then the partition stays paused. */
    public boolean restored() {
        return restored;
    }

    public int size() {
        return entries == null ? 0 : entries.size();
    }

    private boolean expired(Entry entry, long now) {
        return now - entry.second * 1000L > retentionMillis;
    }

    /** Drops what is older than the retention, now and then, until it is closed. */
    void keepSwept() throws InterruptedException {
        long period = Math.clamp(retentionMillis / 10, 1_000, Duration.ofHours(1).toMillis());
        while (!closed.await(period, TimeUnit.MILLISECONDS)) {
            long now = System.currentTimeMillis();
            entries.keySet().removeIf(entry -> expired(entry, now));
        }
    }

    void close() {
        closed.countDown();
    }

    boolean isClosed() {
        return closed.getCount() == 0;
    }

    /** Waits, but not after it is closed. */
    void pause(Duration duration) throws InterruptedException {
        closed.await(duration.toMillis(), TimeUnit.MILLISECONDS);
    }
}
