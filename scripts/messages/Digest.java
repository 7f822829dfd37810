package messages;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The first 128 bits of a SHA-256: short enough to keep millions, long enough that two texts never share one. (With 64
 * bits, some of a billion orders would collide; with a weaker hash, a customer could make two collide.)
 */
public record Digest(long high, long low) {
    private static final int BYTES = 16;
    private static final MessageDigest SHA_256 = sha256();

    /** The digest of some bytes. */
    public static Digest of(byte[] bytes) {
        return of(ByteBuffer.wrap(fresh().digest(bytes)));
    }

    /** The digest of several texts, each with its length: {@code ("ab", "c")} is not {@code ("a", "bc")}. */
    public static Digest of(Iterable<String> texts) {
        MessageDigest sha256 = fresh();
        for (String text : texts) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
            sha256.update(bytes);
        }
        return of(ByteBuffer.wrap(sha256.digest()));
    }

    /**
     * Reads what {@link #toString} writes.
     *
     * @throws IllegalArgumentException if it does not begin with 32 hexadecimal digits
     */
    public static Digest parse(String hex) {
        if (hex.length() < 2 * BYTES) {
            throw new IllegalArgumentException("a digest has " + 2 * BYTES + " hexadecimal digits");
        }
        return new Digest(HexFormat.fromHexDigitsToLong(hex, 0, BYTES),
                HexFormat.fromHexDigitsToLong(hex, BYTES, 2 * BYTES));
    }

    /** 32 hexadecimal digits. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }

    private static Digest of(ByteBuffer sha256) {
        return new Digest(sha256.getLong(), sha256.getLong());
    }

    private static MessageDigest fresh() {
        try {
            return (MessageDigest) SHA_256.clone(); // a look-up by name would cost more than the digest itself
        } catch (CloneNotSupportedException e) {
            throw new AssertionError("the JDK's SHA-256 can be cloned", e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
