package payments;

import java.math.BigDecimal;
import java.util.List;
import messages.Digest;

/** A second domain: money that goes from one account to another. It has nothing in common with orders. */
public record Payment(String reference, String from, String to, BigDecimal amount) {

    /** What must be equal in two records of one payment. */
    Digest content() {
        return Digest.of(List.of(from, to, amount.stripTrailingZeros().toPlainString()));
    }
}
