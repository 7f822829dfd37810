package families;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.function.Function;

/** How a header's value is written. Kafka's offsets, counts and times are never negative: -1 means "none". */
enum Encoding {
    TEXT(false, Encoding::text),
    INT(false, value -> Math.toIntExact(notNegative(Long.parseLong(text(value))))),
    LONG(false, value -> notNegative(Long.parseLong(text(value)))),
    MILLIS(false, value -> Instant.ofEpochMilli(notNegative(Long.parseLong(text(value))))),
    INSTANT(false, value -> { // ISO-8601
        Instant instant = Instant.parse(text(value));
        notNegative(instant.toEpochMilli()); // also throws if it does not fit in a long
        return instant;
    }),
    BINARY_INT(true, value -> Math.toIntExact(notNegative(bigEndian(value, Integer.BYTES)))),
    BINARY_LONG(true, value -> notNegative(bigEndian(value, Long.BYTES))),
    BINARY_MILLIS(true, value -> Instant.ofEpochMilli(notNegative(bigEndian(value, Long.BYTES)))),
    BINARY_ATTEMPT(true, value -> // older versions wrote one byte
            value.length == 1 ? value[0] & 0xff : BINARY_INT.reader.apply(value)),
    BIG_MILLIS(true, value -> Instant.ofEpochMilli(notNegative(bigEndian(value, value.length))));

    private final boolean binary;
    private final Function<byte[], Object> reader;

    Encoding(boolean binary, Function<byte[], Object> reader) {
        this.binary = binary;
        this.reader = reader;
    }

    boolean binary() {
        return binary;
    }

    /** A String, Integer, Long or Instant; null if the value is null or is not in this encoding. */
    Object read(byte[] value) {
        try {
            return value == null ? null : reader.apply(value);
        } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
            return null;
        }
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8); // bytes that are not UTF-8 become U+FFFD
    }

    private static long bigEndian(byte[] value, int length) {
        if (value.length != length) {
            throw new IllegalArgumentException(value.length + " bytes instead of " + length);
        }
        return new BigInteger(value).longValueExact();
    }

    private static long notNegative(long number) {
        if (number < 0) {
            throw new IllegalArgumentException(number + " is negative");
        }
        return number;
    }
}
