package api;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Predicate;

/**
 * The most recent entries, bounded in number and age; the oldest are dropped first. (A cache such as Caffeine keeps
 * what is used most, and may reject a new entry that was not asked for yet. Here the new ones are needed.)
 */
public final class Recent<V> {
    private record Entry<V>(V value, long since) {
    }

    private final SequencedMap<String, Entry<V>> oldestFirst = new LinkedHashMap<>();
    private final int most;
    private final long longestNanos;
    private final Predicate<V> forgettable;

    /**
     * @param most        how many to remember
     * @param longest     for how long
     * @param forgettable whether a value may be dropped; the others are kept beyond both bounds
     */
    public Recent(int most, Duration longest, Predicate<V> forgettable) {
        this.most = most;
        this.longestNanos = longest.toNanos();
        this.forgettable = forgettable;
    }

    /** @return the value that the key has already; null if it had none, and now has this one */
    public synchronized V putIfAbsent(String key, V value) {
        forget();
        Entry<V> present = oldestFirst.get(key);
        if (present != null) {
            return present.value;
        }
        add(key, value);
        return null;
    }

    /** Sets a value. It keeps the age of the key's former value, or else is the newest. */
    public synchronized void put(String key, V value) {
        if (!replace(key, value)) {
            add(key, value);
        }
    }

    /** The same, but a new key is the oldest, and is added only where there is room. */
    public synchronized void putOldest(String key, V value) {
        if (!replace(key, value) && oldestFirst.size() < most) {
            long since = oldestFirst.isEmpty() ? System.nanoTime() : oldestFirst.firstEntry().getValue().since;
            oldestFirst.putFirst(key, new Entry<>(value, since));
        }
    }

    private boolean replace(String key, V value) {
        return oldestFirst.computeIfPresent(key, (same, former) -> new Entry<>(value, former.since)) != null;
    }

    /** @return null if there is none, or it was dropped */
    public synchronized V get(String key) {
        forget();
        Entry<V> entry = oldestFirst.get(key);
        return entry == null ? null : entry.value;
    }

    /** Removes the key, if it has this value. */
    public synchronized void remove(String key, V value) {
        Entry<V> entry = oldestFirst.get(key);
        if (entry != null && entry.value == value) {
            oldestFirst.remove(key);
        }
    }

    private void add(String key, V value) {
        oldestFirst.put(key, new Entry<>(value, System.nanoTime()));
        forget();
    }

    private void forget() {
        long now = System.nanoTime();
        int tooMany = oldestFirst.size() - most;
        Iterator<Entry<V>> entries = oldestFirst.values().iterator();
        while (entries.hasNext()) {
            Entry<V> oldest = entries.next();
            if (tooMany <= 0 && now - oldest.since < longestNanos) {
                return;
            }
            if (forgettable.test(oldest.value)) {
                entries.remove();
                tooMany--;
            }
        }
    }
}
