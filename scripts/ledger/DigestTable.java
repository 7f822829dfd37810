package ledger;

import java.time.Instant;
import messages.Digest;

/**
 * A map from the digest of a message's id to the digest of its content and the time at which it was processed. An entry
 * is not an object: a slot takes 36 bytes, half to three quarters of the slots are taken (48 to 72 bytes for an entry),
 * and the garbage collector has nothing to follow. Open addressing with linear probing; digests are as good as random,
 * so that their bits serve as the hash. Times are in milliseconds since 1970, and kept as seconds. Safe for several
 * threads.
 */
public final class DigestTable {
    private static final int FREE = 0;
    private static final int FORGOTTEN = 1; // a second that is before any retention
    private static final int OLDEST = 2;
    private static final long ZERO = Instant.parse("2020-01-01T00:00:00Z").getEpochSecond(); // ints last until 2088
    private static final int FEWEST_SLOTS = 16;
    private static final int LONGS = 4; // id high, id low, content high, content low

    private long[] digests = new long[LONGS * FEWEST_SLOTS];
    private int[] seconds = new int[FEWEST_SLOTS];
    private int taken;

    /** The content's digest, or null if the message is unknown, or was processed before {@code notBefore}. */
    public synchronized Digest content(Digest id, long notBefore) {
        int slot = slot(id);
        return seconds[slot] < second(notBefore) ? null
                : new Digest(digests[LONGS * slot + 2], digests[LONGS * slot + 3]);
    }

    /** Adds a message, or replaces it. */
    public synchronized void put(Digest id, Digest content, long processedAt) {
        int slot = slot(id);
        if (seconds[slot] == FREE) {
            if (taken >= seconds.length / 4 * 3) {
                rebuild(OLDEST);
                slot = slot(id);
            }
            taken++;
        }
        set(slot, id, content, second(processedAt));
    }

    public synchronized void forget(Digest id) {
        int slot = slot(id);
        if (seconds[slot] != FREE) {
            seconds[slot] = FORGOTTEN;
        }
    }

    /** Drops what was processed before {@code notBefore}, and frees its memory. */
    public synchronized void sweep(long notBefore) {
        int oldest = second(notBefore);
        if (left(oldest) < taken) {
            rebuild(oldest);
        }
    }

    /** How many slots are taken: messages, and those that were forgotten and not swept yet. */
    public synchronized int size() {
        return taken;
    }

    /** A time that is too early or too late for an int counts as the first or the last that there is. */
    private static int second(long millis) {
        return Math.clamp(Math.floorDiv(millis, 1000L) - ZERO, OLDEST, Integer.MAX_VALUE);
    }

    /** The slot of a message, or the free slot for it. */
    private int slot(Digest id) {
        int slot = (int) ((id.low() >>> Integer.SIZE) * seconds.length >>> Integer.SIZE); // in proportion to its hash
        while (seconds[slot] != FREE
                && (digests[LONGS * slot] != id.high() || digests[LONGS * slot + 1] != id.low())) {
            slot = slot + 1 == seconds.length ? 0 : slot + 1;
        }
        return slot;
    }

    private void set(int slot, Digest id, Digest content, int second) {
        digests[LONGS * slot] = id.high();
        digests[LONGS * slot + 1] = id.low();
        digests[LONGS * slot + 2] = content.high();
        digests[LONGS * slot + 3] = content.low();
        seconds[slot] = second;
    }

    private int left(int oldest) {
        int left = 0;
        for (int second : seconds) {
            left += second >= oldest ? 1 : 0;
        }
        return left;
    }

    /** Drops what is older, and makes room for as many entries again as are left. */
    private void rebuild(int oldest) {
        long[] oldDigests = digests;
        int[] oldSeconds = seconds;
        taken = left(oldest);
        int slots = Math.max(FEWEST_SLOTS, 2 * taken);
        digests = new long[LONGS * slots];
        seconds = new int[slots];
        for (int old = 0; old < oldSeconds.length; old++) {
            if (oldSeconds[old] >= oldest) {
                Digest id = new Digest(oldDigests[LONGS * old], oldDigests[LONGS * old + 1]);
                Digest content = new Digest(oldDigests[LONGS * old + 2], oldDigests[LONGS * old + 3]);
                set(slot(id), id, content, oldSeconds[old]);
            }
        }
    }
}
