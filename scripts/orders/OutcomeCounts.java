package orders;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** How many outcomes each order of a set has. */
public final class OutcomeCounts {
    private final Map<String, Integer> byOrderId = new HashMap<>();

    /** @param orderIds the orders that count, each once; outcomes of others are left out */
    public OutcomeCounts(Collection<String> orderIds) {
        orderIds.forEach(id -> byOrderId.put(id, 0));
    }

    /** Counts a record of {@code order-outcomes}; a tombstone is not an outcome. */
    public void add(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() != null && record.key() != null) {
            byOrderId.computeIfPresent(new String(record.key(), StandardCharsets.UTF_8), (id, n) -> n + 1);
        }
    }

    public int orders() {
        return byOrderId.size();
    }

    /** How many orders have exactly that many outcomes. */
    public long with(int outcomes) {
        return byOrderId.values().stream().filter(n -> n == outcomes).count();
    }
}
