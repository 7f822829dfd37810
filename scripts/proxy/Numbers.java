package proxy;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** How many requests of each kind have come, over all connections. */
public final class Numbers {
    private final Map<String, AtomicLong> byKind = new ConcurrentHashMap<>();

    /** The number of the next request of a kind, from 1 on. */
    long next(String kind) {
        return byKind.computeIfAbsent(kind, none -> new AtomicLong()).incrementAndGet();
    }

    /** A line for each kind: requests Produce 12. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(byKind).forEach((kind, number) -> text.append("requests ").append(kind).append(' ')
                .append(number).append('\n'));
        return text.toString();
    }
}
