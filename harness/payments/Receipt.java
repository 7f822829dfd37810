package payments;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import messages.Digest;
import messages.Json;
import messages.Message;
import messages.OutcomeFormat;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The outcome of a payment. Its JSON has other fields than an order's: {@code paid} and {@code fingerprint}. */
public final class Receipt implements OutcomeFormat<Payment> {
    @Override
    public byte[] processed(Message<Payment> payment, String group, ConsumerRecord<?, ?> source, int attempts) {
        return receipt(payment, true, null, group, source);
    }

    @Override
    public byte[] deadLettered(Message<Payment> payment, Exception cause, String group, ConsumerRecord<?, ?> source,
            int attempts) {
        return receipt(payment, false, cause.getClass().getSimpleName(), group, source);
    }

    private static byte[] receipt(Message<Payment> payment, boolean paid, String why, String group,
            ConsumerRecord<?, ?> source) {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("reference", payment.id());
        receipt.put("paid", paid);
        receipt.put("why", why);
        receipt.put("group", group);
        receipt.put("topic", source.topic());
        receipt.put("fingerprint", payment.content().toString());
        return Json.bytes(receipt);
    }

    @Override
    public Entry read(byte[] outcome) throws IOException {
        JsonNode receipt = Json.read(outcome);
        return new Entry(
                receipt.path("paid").asBoolean() ? Digest.parse(receipt.path("fingerprint").asText()) : null,
                receipt.path("group").textValue(), receipt.path("topic").textValue());
    }
}
