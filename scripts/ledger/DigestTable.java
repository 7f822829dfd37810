package ledger;

import messages.Digest;

/**
 * A map from the digest of a message's id to the digest of its content and the second at which it was processed. An
 * entry is not an object: a slot takes 36 bytes, three to six of eight slots are taken, and the garbage collector has
 * nothing to follow. Open addressing with linear probing; digests are as good as random, so that their bits serve as
 * the hash. Safe for several threads.
 */
final class DigestTable {
    private static final int FREE = 0;
    private static final int FORGOTTEN = 1; // a second that is before any retention
    private static final int LONGS = 4; // id high, id low, content high, content low

    private long[] digests = new long[LONGS * 16];
    private int[] seconds = new int[16];
    private int taken;

    /** The content's digest, or null if the message is unknown, or was processed before {@code notBefore}. */
    synchronized Digest content(Digest id, int notBefore) {
        int slot = slot(id);
        return seconds[slot] <= FORGOTTEN || seconds[slot] < notBefore ? null
                : new Digest(digests[LONGS * slot + 2], digests[LONGS * slot + 3]);
    }

    /** Adds a message, or replaces it. */
    synchronized void put(Digest id, Digest content, int second) {
        int slot = slot(id);
        if (seconds[slot] == FREE && ++taken > seconds.length / 4 * 3) {
            taken--;
            rebuild(2 * seconds.length, FORGOTTEN + 1);
            put(id, content, second);
            return;
        }
        set(slot, id, content, second);
    }

    synchronized void forget(Digest id) {
        int slot = slot(id);
        if (seconds[slot] != FREE) {
            seconds[slot] = FORGOTTEN;
        }
    }

    /** Drops what was processed before {@code notBefore}, and frees its memory. */
    synchronized void sweep(int notBefore) {
        int left = 0;
        for (int second : seconds) {
            left += second > FORGOTTEN && second >= notBefore ? 1 : 0;
        }
        if (left < taken) {
            int slots = seconds.length;
            while (slots > 16 && left <= slots / 8 * 3) {
                slots /= 2;
            }
            rebuild(slots, notBefore);
        }
    }

    synchronized int size() {
        return taken;
    }

    /** The slot of a message, or the free slot for it. */
    private int slot(Digest id) {
        int mask = seconds.length - 1;
        int slot = (int) id.low() & mask;
        while (seconds[slot] != FREE
                && (digests[LONGS * slot] != id.high() || digests[LONGS * slot + 1] != id.low())) {
            slot = slot + 1 & mask;
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

    private void rebuild(int slots, int notBefore) {
        long[] oldDigests = digests;
        int[] oldSeconds = seconds;
        digests = new long[LONGS * slots];
        seconds = new int[slots];
        taken = 0;
        for (int old = 0; old < oldSeconds.length; old++) {
            if (oldSeconds[old] > FORGOTTEN && oldSeconds[old] >= notBefore) {
                Digest id = new Digest(oldDigests[LONGS * old], oldDigests[LONGS * old + 1]);
                Digest content = new Digest(oldDigests[LONGS * old + 2], oldDigests[LONGS * old + 3]);
                set(slot(id), id, content, oldSeconds[old]);
                taken++;
            }
        }
    }
}
