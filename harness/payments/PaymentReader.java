package payments;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import messages.Message;
import messages.MessageReader;
import messages.PermanentFailure;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads a payment from a record: its value is {@code from;to;amount}, not JSON, and its key the reference. */
public final class PaymentReader implements MessageReader<Payment> {
    private static final int MOST_DIGITS = 18; // 1e999999999 is a short text and a long number

    @Override
    public Message<Payment> read(ConsumerRecord<byte[], byte[]> record) throws PermanentFailure {
        try {
            String[] fields = new String(record.value(), StandardCharsets.UTF_8).split(";", -1);
            Payment payment = new Payment(new String(record.key(), StandardCharsets.UTF_8), fields[0], fields[1],
                    new BigDecimal(fields[2]));
            if (payment.amount().precision() > MOST_DIGITS || Math.abs(payment.amount().scale()) > MOST_DIGITS) {
                throw new NotAPayment("an amount of more than " + MOST_DIGITS + " digits", null);
            }
            return new Message<>(payment.reference(), payment.content(), payment);
        } catch (RuntimeException e) {
            throw new NotAPayment("not from;to;amount under a reference", e);
        }
    }
}
