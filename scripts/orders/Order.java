package orders;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import messages.Digest;
import orders.InvalidOrder.Problem;

/**
 * An order, as it is posted to the API and stored in {@code order-events}.
 *
 * @param orderId        its identity: the record's key, and what makes two records the same order
 * @param totalAmount    money, exact
 * @param timestamp      ISO-8601, as given
 * @param idempotencyKey the client's name for this attempt to order; may be null
 */
public record Order(String orderId, String customerId, List<Item> items, BigDecimal totalAmount, String timestamp,
                    String idempotencyKey) {
    /** What a client may post; a record that was written by another program may have another form of ISO-8601. */
    private static final Pattern TIMESTAMP = Pattern.compile(
            "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})");
    private static final int LONGEST_TEXT = 255;
    private static final int MOST_ITEMS = 1_000;
    private static final int MOST_PROBLEMS = 100;
    private static final int MOST_DECIMALS = 6;

    /** One line of an order. */
    public record Item(String productId, int quantity, BigDecimal price) {
    }

    /**
     * Reads an order from JSON; unknown fields are ignored.
     *
     * @throws InvalidOrder naming every field that is missing or wrong
     */
    public static Order from(JsonNode json) throws InvalidOrder {
        return new Reading(true).order(json);
    }

    /** The same, as a client posts it: order_id and timestamp may be missing, and are then null. */
    public static Order posted(JsonNode json) throws InvalidOrder {
        return new Reading(false).order(json);
    }

    /** This order, with what it lacks filled in, and with an idempotency key. */
    public Order completed(String orderId, String timestamp, String idempotencyKey) {
        return new Order(this.orderId == null ? orderId : this.orderId, customerId, items, totalAmount,
                this.timestamp == null ? timestamp : this.timestamp, idempotencyKey);
    }

    /**
     * A digest of what the customer ordered: customer, items and total, with 59.9 and 59.90 the same. The time and the
     * ids are left out, since a retry may bring new ones.
     */
    public Digest contentDigest() {
        List<String> content = new ArrayList<>(2 + 3 * items.size());
        content.add(customerId);
        content.add(canonical(totalAmount));
        for (Item item : items) {
            content.add(item.productId());
            content.add(String.valueOf(item.quantity()));
            content.add(canonical(item.price()));
        }
        return Digest.of(content);
    }

    private static String canonical(BigDecimal money) {
        return money.stripTrailingZeros().toPlainString();
    }

    /** Reads the fields and collects what is wrong with them, so that a client gets all problems at once. */
    private static final class Reading {
        private final List<Problem> problems = new ArrayList<>();
        private final boolean complete;

        Reading(boolean complete) {
            this.complete = complete;
        }

        Order order(JsonNode json) throws InvalidOrder {
            if (!json.isObject()) {
                throw new InvalidOrder(List.of(new Problem("order", "must be a JSON object")));
            }
            Order order = new Order(complete ? text(json, "order_id", "") : addressable(optionalText(json, "order_id")),
                    text(json, "customer_id", ""), items(json.get("items")), money(json, "total_amount", ""),
                    timestamp(json), optionalText(json, "idempotency_key"));
            if (!problems.isEmpty()) {
                throw new InvalidOrder(problems);
            }
            return order;
        }

        private List<Item> items(JsonNode array) {
            if (array == null || !array.isArray() || array.isEmpty() || array.size() > MOST_ITEMS) {
                wrong("items", absent(array) ? "is missing" : "must be a list of 1 to " + MOST_ITEMS + " items");
                return List.of();
            }
            List<Item> items = new ArrayList<>();
            for (JsonNode item : array) {
                String at = "items[" + items.size() + "]";
                if (!item.isObject()) {
                    wrong(at, "must be an object");
                }
                items.add(new Item(
                        text(item, "product_id", at + "."), quantity(item, at + "."), money(item, "price", at + ".")));
            }
            return items;
        }

        private String text(JsonNode parent, String field, String prefix) {
            if (absent(parent.get(field))) {
                wrong(prefix + field, "is missing");
                return null;
            }
            return optionalText(parent, field, prefix);
        }

        /** GET /orders/{order_id} would get another address with one of these two (RFC 3986, 5.2.4). */
        private String addressable(String orderId) {
            if (".".equals(orderId) || "..".equals(orderId)) {
                wrong("order_id", "must not be . or .., which have another meaning in a URL");
            }
            return orderId;
        }

        private String optionalText(JsonNode parent, String field) {
            return absent(parent.get(field)) ? null : optionalText(parent, field, "");
        }

        private String optionalText(JsonNode parent, String field, String prefix) {
            JsonNode value = parent.get(field);
            if (!value.isTextual() || value.textValue().isBlank() || hasHalfAPair(value.textValue())
                    || value.textValue().codePoints().count() > LONGEST_TEXT) {
                wrong(prefix + field, "must be a text of 1 to " + LONGEST_TEXT + " characters");
                return null;
            }
            return value.textValue();
        }

        /** A single surrogate is not a character, and cannot be written. */
        private static boolean hasHalfAPair(String text) {
            int c;
            for (int i = 0; i < text.length(); i += Character.charCount(c)) {
                c = text.codePointAt(i);
                if (Character.MIN_SURROGATE <= c && c <= Character.MAX_SURROGATE) {
                    return true;
                }
            }
            return false;
        }

        private int quantity(JsonNode item, String prefix) {
            JsonNode value = item.get("quantity");
            if (absent(value)) {
                wrong(prefix + "quantity", "is missing");
            } else if (!value.canConvertToExactIntegral() || !value.canConvertToInt() || value.intValue() < 1) {
                wrong(prefix + "quantity", "must be a whole number of 1 or more");
            } else {
                return value.intValue();
            }
            return 0;
        }

        private BigDecimal money(JsonNode parent, String field, String prefix) {
            JsonNode value = parent.get(field);
            if (absent(value)) {
                wrong(prefix + field, "is missing");
            } else if (!value.isNumber() || !plausible(value.decimalValue())) {
                wrong(
                        prefix + field,
                        "must be a number of 0 or more with at most 15 digits before the point and 6 after it");
            } else {
                BigDecimal money = value.decimalValue();
                return money.setScale(Math.clamp(money.scale(), 0, MOST_DECIMALS)); // writes 1e3 as 1000
            }
            return BigDecimal.ZERO;
        }

        /**
         * Checks the value, not its notation: 1.0000000 is an amount, and 1e999999999 is short JSON but a long number.
         */
        private static boolean plausible(BigDecimal money) {
            BigDecimal shortest = money.stripTrailingZeros();
            return money.signum() >= 0 && shortest.precision() - (long) shortest.scale() <= 15
                    && shortest.scale() <= MOST_DECIMALS;
        }

        private String timestamp(JsonNode json) {
            String text = complete ? text(json, "timestamp", "") : optionalText(json, "timestamp");
            try {
                if (text != null && (complete || TIMESTAMP.matcher(text).matches())) {
                    DateTimeFormatter.ISO_DATE_TIME.parse(text);
                } else if (text != null) {
                    throw new DateTimeParseException("not in the form of RFC 3339", text, 0);
                }
            } catch (DateTimeParseException e) {
                wrong("timestamp", "must be a time with its offset, such as 2026-01-31T12:00:00Z (RFC 3339)");
            }
            return text;
        }

        private static boolean absent(JsonNode value) {
            return value == null || value.isNull();
        }

        private void wrong(String field, String detail) {
            if (problems.size() < MOST_PROBLEMS) {
                problems.add(new Problem(field, detail));
            }
        }
    }
}
