package ledger;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import messages.Digest;
import orders.Order;

/**
 * Which orders of one partition were processed, with what content, and for how long that is remembered. It lives in
 * {@code order-outcomes}, in the partition of the same number, and {@link LedgerRestore} reads it back from there: the
 * write that says what became of an order is the write that remembers it.
 *
 * <p>An order takes 48 to 96 bytes of heap: two digests of 128 bits, a second, and the room to find them.
 */
public final class Ledger {
    /** What the ledger knows of an order. */
    public enum Knowledge { UNKNOWN, SAME, OTHER_CONTENT }

    private final DigestTable orders; // null if nothing is to be remembered
    private final long retentionMillis;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean restored;

    private Ledger(DigestTable orders, long retentionMillis, boolean restored) {
        this.orders = orders;
        this.retentionMillis = retentionMillis;
        this.restored = restored;
    }

    /** Remembers nothing: every record counts as new. */
    public static Ledger none() {
        return new Ledger(null, Long.MAX_VALUE, true);
    }

    /** A set in the process, that is gone when the process or the partition goes. */
    public static Ledger inMemory() {
        return new Ledger(new DigestTable(), Long.MAX_VALUE, true);
    }

    /** The durable one, empty until it is {@link #restored()}. Remembers an order for as long as its topic does. */
    static Ledger durable(long retentionMillis) {
        return new Ledger(new DigestTable(), retentionMillis, false);
    }

    public Knowledge lookUp(Order order, Digest content) {
        Digest known = orders == null ? null : orders.content(id(order), oldest());
        return known == null ? Knowledge.UNKNOWN : known.equals(content) ? Knowledge.SAME : Knowledge.OTHER_CONTENT;
    }

    /** Notes an order as processed; to be called as soon as it is, for a duplicate may follow in the same batch. */
    public void add(Order order, Digest content) {
        if (orders != null) {
            orders.put(id(order), content, (int) (System.currentTimeMillis() / 1000));
        }
    }

    private static Digest id(Order order) {
        return Digest.of(order.orderId().getBytes(StandardCharsets.UTF_8));
    }

    /** Notes an order that was processed earlier. */
    void restore(byte[] orderId, Digest content, long processedAt) {
        orders.put(Digest.of(orderId), content, (int) (processedAt / 1000));
    }

    /** A tombstone in the topic: the order is as good as new. */
    void forget(byte[] orderId) {
        orders.forget(Digest.of(orderId));
    }

    /** The first second that is still remembered. */
    private int oldest() {
        return (int) Math.max(0, (System.currentTimeMillis() - retentionMillis) / 1000);
    }

    void restored(boolean restored) {
        this.restored = restored;
    }

    /** Whether all is read back; until then the partition stays paused. */
    public boolean restored() {
        return restored;
    }

    public int size() {
        return orders == null ? 0 : orders.size();
    }

    /** Drops what is older than the retention, now and then, until it is closed. */
    void keepSwept() throws InterruptedException {
        long period = Math.clamp(retentionMillis / 10, 1_000, Duration.ofHours(1).toMillis());
        while (!closed.await(period, TimeUnit.MILLISECONDS)) {
            orders.sweep(oldest());
        }
    }

    public void close() {
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
