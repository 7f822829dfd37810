package api;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Predicate;

/**
 * What came in last, bounded in number and in age; the eldest is forgotten first. (A cache such as Caffeine's keeps
 * what is used most, and turns away the newest, which nobody has asked for yet. Here it is those that are asked for.)
 */
public final class Recent<V> {
    private record Entry<V>(V value, long since) {
    }

    private final SequencedMap<String, Entry<V>> eldestFirst = new LinkedHashMap<>();
    private final int most;
    private final long longestNanos;
    private final Predicate<V> forgettable;

    /**
     * @param most        how many to remember
     * @param longest     for how long
     * @param forgettable whether a value may go yet; those that may not are kept over both bounds
     */
    public Recent(int most, Duration longest, Predicate<V> forgettable) {
        this.most = most;
        this.longestNanos = longest.toNanos();
        this.forgettable = forgettable;
    }

    /** @return what is remembered under the key, or null, and then the value is */
    public synchronized V putIfAbsent(String key, V value) {
        forget();
        Entry<V> present = eldestFirst.get(key);
        if (present != null) {
            return present.value;
        }
        add(key, value);
        return null;
    }

    /** Remembers a value: as old as the key's former one, or as the newest. */
    public synchronized void put(String key, V value) {
        if (!replace(key, value)) {
            add(key, value);
        }
    }

    /** The same, but as the eldest, where there is room for it. */
    public synchronized void putEldest(String key, V value) {
        if (!replace(key, value) && eldestFirst.size() < most) {
            long since = eldestFirst.isEmpty() ? System.nanoTime() : eldestFirst.firstEntry().getValue().since;
            eldestFirst.putFirst(key, new Entry<>(value, since));
        }
    }

    private boolean replace(String key, V value) {
        return eldestFirst.computeIfPresent(key, (same, former) -> new Entry<>(value, former.since)) != null;
    }

    /** @return null if there is none, or none any more */
    public synchronized V get(String key) {
        forget();
        Entry<V> entry = eldestFirst.get(key);
        return entry == null ? null : entry.value;
    }

    /** Forgets the key, if it has this value. */
    public synchronized void remove(String key, V value) {
        Entry<V> entry = eldestFirst.get(key);
        if (entry != null && entry.value == value) {
            eldestFirst.remove(key);
        }
    }

    private void add(String key, V value) {
        eldestFirst.put(key, new Entry<>(value, System.nanoTime()));
        forget();
    }

    private void forget() {
        long now = System.nanoTime();
        int tooMany = eldestFirst.size() - most;
        Iterator<Entry<V>> entries = eldestFirst.values().iterator();
        while (entries.hasNext()) {
            Entry<V> eldest = entries.next();
            if (tooMany <= 0 && now - eldest.since < longestNanos) {
                return;
            }
            if (forgettable.test(eldest.value)) {
                entries.remove();
                tooMany--;
            }
        }
    }
}
