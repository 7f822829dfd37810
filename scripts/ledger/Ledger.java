package ledger;

import cluster.ClusterFailure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import messages.Digest;
import messages.Message;

/**
 * Which messages of one partition were processed, with what content, and for how long that is remembered. It is stored
 * in the topic of outcomes, in the partition of the same number, and {@link LedgerRestore} reads it back from there:
 * the write of an outcome is also the entry in the ledger.
 *
 * <p>A message takes 48 to 72 bytes of heap: two digests of 128 bits, a second, and free slots.
 */
public final class Ledger {
    /** What the ledger knows of a message. */
    public enum Knowledge { UNKNOWN, SAME, OTHER_CONTENT }

    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile DigestTable processed; // null if nothing is to be remembered
    private volatile long retentionMillis = Long.MAX_VALUE;
    private volatile String waitsFor;
    private volatile String refusal;
    private long sweptAt = System.nanoTime();

    private Ledger(DigestTable processed, String waitsFor) {
        this.processed = processed;
        this.waitsFor = waitsFor;
    }

    /** Remembers nothing: every record counts as new. */
    public static Ledger none() {
        return new Ledger(null, null);
    }

    /** A set in memory, which is lost when the process ends or the partition is revoked. */
    public static Ledger inMemory() {
        return new Ledger(new DigestTable(), null);
    }

    /** The durable one, empty until it is {@link #restored()}. Remembers a message for as long as its topic does. */
    static Ledger durable() {
        return new Ledger(new DigestTable(), "its ledger to be read back");
    }

    public Knowledge lookUp(Message<?> message) {
        Digest known = processed == null ? null : processed.content(id(message), oldest());
        return known == null ? Knowledge.UNKNOWN
                : known.equals(message.content()) ? Knowledge.SAME : Knowledge.OTHER_CONTENT;
    }

    /** Notes a message as processed. Call it at once: a duplicate may follow in the same batch. */
    public void add(Message<?> message) {
        if (processed != null) {
            processed.put(id(message), message.content(), System.currentTimeMillis());
        }
    }

    private static Digest id(Message<?> message) {
        return Digest.of(message.id().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Notes a message that was processed earlier.
     *
     * @param id          its id in UTF-8
     * @param processedAt in milliseconds since 1970; -1 if Kafka does not know
     */
    void restore(byte[] id, Digest content, long processedAt) {
        processed.put(Digest.of(id), content, processedAt);
    }

    /** A tombstone in the topic: the message counts as unseen. */
    void forget(byte[] id) {
        processed.forget(Digest.of(id));
    }

    /** Since when messages are remembered; before 1970 if for ever. */
    private long oldest() {
        return System.currentTimeMillis() - retentionMillis;
    }

    /** Pauses its partition, until this is null. */
    void waitsFor(String missing) {
        waitsFor = missing;
    }

    /** What the restore waits for, for people to read; null once all is read back. */
    public String waitsFor() {
        return waitsFor;
    }

    /** Whether all is read back; until then the partition stays paused. */
    public boolean restored() {
        return waitsFor == null;
    }

    /** Ends its restore: with what its topic has, it must not be used. */
    void refuse(String sentence) {
        refusal = sentence;
        close();
    }

    /** @throws ClusterFailure if its topic has outcomes of another group, or of another topic's records */
    public void check() {
        if (refusal != null) {
            throw new ClusterFailure(ClusterFailure.Kind.REFUSED, refusal);
        }
    }

    /** Forgets all, to be restored from the beginning. */
    void clear() {
        processed = new DigestTable();
    }

    void setRetention(long millis) {
        retentionMillis = millis;
    }

    public int size() {
        return processed == null ? 0 : processed.size();
    }

    /** Drops what is older than the retention, if it is time for that; for one thread. */
    void sweep() {
        long period = Math.clamp(retentionMillis / 10, 1_000, Duration.ofHours(1).toMillis());
        long now = System.nanoTime();
        if (now - sweptAt > TimeUnit.MILLISECONDS.toNanos(period)) {
            sweptAt = now;
            processed.sweep(oldest());
        }
    }

    public void close() {
        closed.countDown();
    }

    boolean isClosed() {
        return closed.getCount() == 0;
    }

    /** Waits, but not after it is closed. */
    void sleep(Duration duration) throws InterruptedException {
        closed.await(duration.toMillis(), TimeUnit.MILLISECONDS);
    }
}
