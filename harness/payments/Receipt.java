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
    public byte[] processed(Message<Payment> payment, ConsumerRecord<?, ?> source, int attempts) {
        return receipt(payment, true, null);
    }

    @Override
    public byte[] deadLettered(Message<Payment> payment, Exception cause, ConsumerRecord<?, ?> source, int attempts) {
        return receipt(payment, false, cause.getClass().getSimpleName());
    }

    private static byte[] receipt(Message<Payment> payment, boolean paid, String why) {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("reference", payment.id());
        receipt.put("paid", paid);
        receipt.put("why", why);
        receipt.put("fingerprint", payment.content().toString());
        return Json.bytes(receipt);
    }

    @Override
    public Digest processedContent(byte[] outcome) throws IOException {
        JsonNode receipt = Json.read(outcome);
        return receipt.path("paid").asBoolean() ? Digest.parse(receipt.path("fingerprint").asText()) : null;
    }
}
