package proofs.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import ledger.DigestTable;
import messages.Digest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the ledger keeps in memory: how much heap an order takes, and from which years orders are remembered. */
@Tag("check")
class DigestTableProof {
    private static final Digest ID = new Digest(1, 2);
    private static final Digest CONTENT = new Digest(3, 4);
    private static final long EVER = Long.MIN_VALUE; // remembered since
    private static final long NOW = Instant.parse("2026-07-01T00:00:00Z").toEpochMilli();
    private static final long HOUR = Duration.ofHours(1).toMillis();

    /** Up to two million, and down again when half of what is left is swept away, again and again. */
    @Test
    void atAnyNumberOfOrdersOneTakes48To72BytesOfHeap() throws Exception {
        DigestTable table = new DigestTable();
        SplittableRandom random = new SplittableRandom(1);
        double least = Double.MAX_VALUE;
        double most = 0;
        for (int orders = 1; orders <= 2_000_000; orders++) {
            table.put(new Digest(random.nextLong(), random.nextLong()), CONTENT, NOW + orders * 1_000L);
            if (orders % 10_000 == 0) {
                least = Math.min(least, bytes(table) / orders);
                most = Math.max(most, bytes(table) / orders);
            }
        }
        assertThat(least).isBetween(48.0, 50.0);
        assertThat(most).isBetween(70.0, 72.1);
        for (int left = 1_000_000; left >= 10_000; left /= 2) {
            table.sweep(NOW + (2_000_001L - left) * 1_000);
            assertThat(table.size()).isEqualTo(left);
            assertThat(bytes(table) / left).isBetween(48.0, 72.1);
        }
    }

    /** Of all arrays that it has. */
    private static double bytes(DigestTable table) throws Exception {
        double bytes = 0;
        for (Field field : DigestTable.class.getDeclaredFields()) {
            field.setAccessible(true);
            if (field.getType() == long[].class) {
                bytes += (double) Long.BYTES * Array.getLength(field.get(table));
            } else if (field.getType() == int[].class) {
                bytes += (double) Integer.BYTES * Array.getLength(field.get(table));
            }
        }
        return bytes;
    }

    @Test
    void whatIsAddedIsFoundUntilItIsForgottenOrSwept() {
        DigestTable table = new DigestTable();
        for (int i = 0; i < 100_000; i++) {
            table.put(id(i), new Digest(i, i), NOW + i * 1_000L);
        }
        table.forget(id(99_999));
        table.sweep(NOW + 40_000 * 1_000L);
        assertThat(table.size()).isEqualTo(59_999);
        for (int i = 0; i < 100_000; i++) {
            assertThat(table.content(id(i), EVER)).as("order " + i)
                    .isEqualTo(i >= 40_000 && i < 99_999 ? new Digest(i, i) : null);
        }
    }

    private static Digest id(int i) {
        SplittableRandom random = new SplittableRandom(i);
        return new Digest(random.nextLong(), random.nextLong());
    }

    /** Kafka writes -1 where a record has no timestamp. */
    @ParameterizedTest
    @ValueSource(strings = {"1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z", "2019-12-31T23:59:59Z",
        "2026-07-01T00:00:00Z", "2038-01-19T03:14:08Z", "2087-01-01T00:00:00Z", "9999-01-01T00:00:00Z"})
    void anOrderOfAnyYearIsFound(String at) {
        DigestTable table = new DigestTable();
        long millis = Instant.parse(at).toEpochMilli();
        table.put(ID, CONTENT, millis);
        table.put(ID, CONTENT, millis);
        assertThat(table.size()).as("an entry, and not a second one").isEqualTo(1);
        assertThat(table.content(ID, EVER)).isEqualTo(CONTENT);
        assertThat(table.content(ID, millis)).isEqualTo(CONTENT);
        table.sweep(millis);
        assertThat(table.content(ID, millis)).isEqualTo(CONTENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z", "2026-07-01T00:00:00Z",
        "2038-01-19T03:14:08Z", "2086-12-31T23:00:00Z"})
    void anOrderOfAnyYearIsForgottenInTheEnd(String at) {
        DigestTable table = new DigestTable();
        long millis = Instant.parse(at).toEpochMilli();
        long later = Math.max(millis + HOUR, NOW); // by then nothing is older than the lab itself
        table.put(ID, CONTENT, millis);
        assertThat(table.content(ID, later)).isNull();
        table.sweep(later);
        assertThat(table.size()).isZero();
    }
}
