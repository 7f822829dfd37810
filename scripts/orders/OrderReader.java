package orders;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import messages.Json;
import messages.Message;
import messages.MessageReader;
import messages.PermanentFailure;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads an order from a record: JSON, with its {@code order_id} as the key. */
public final class OrderReader implements MessageReader<Order> {
    /** @throws PermanentFailure {@link MalformedRecord} if it is not JSON, else {@link InvalidOrder} */
    @Override
    public Message<Order> read(ConsumerRecord<byte[], byte[]> record) throws PermanentFailure {
        try {
            Order order = Order.from(Json.read(record.value() == null ? new byte[0] : record.value()));
            String key = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
            if (!order.orderId().equals(key)) { // the ledger of this partition may not know the order
                throw new InvalidOrder(List.of(new InvalidOrder.Problem("key of the record", "must be the order_id")));
            }
            return new Message<>(order.orderId(), order.contentDigest(), order);
        } catch (JsonProcessingException e) {
            throw new MalformedRecord("not JSON: " + e.getOriginalMessage(), e);
        }
    }
}
