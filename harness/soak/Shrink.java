package soak;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Takes faults away while a run still fails: at first all of them, then half, a quarter, and so on down to single ones
 * (delta debugging, Zeller 1999). What fails by chance may pass by chance: the result is short, not the shortest.
 */
public final class Shrink {
    private Shrink() {
    }

    /**
     * Finds fewer faults with which it still fails.
     *
     * @param failing what a run failed with
     * @param fails   runs it with others
     * @param goOn    whether there is time for another run
     */
    public static <T> List<T> shrink(List<T> failing, Predicate<List<T>> fails, BooleanSupplier goOn) {
        List<T> left = goOn.getAsBoolean() && fails.test(List.of()) ? List.of() : failing;
        int size = Math.max(1, left.size() / 2);
        while (!left.isEmpty() && goOn.getAsBoolean()) {
            List<T> fewer = fewer(left, size, fails, goOn);
            if (fewer.size() == left.size() && size == 1) {
                break;
            }
            size = Math.max(1, Math.min(fewer.size() / 2, fewer.size() == left.size() ? size / 2 : size));
            left = fewer;
        }
        return left;
    }

    /** Tries to do without each part of this size, one after the other. */
    private static <T> List<T> fewer(List<T> faults, int size, Predicate<List<T>> fails, BooleanSupplier goOn) {
        List<T> left = faults;
        int at = 0;
        while (at < left.size() && goOn.getAsBoolean()) {
            List<T> without = new ArrayList<>(left.subList(0, at));
            without.addAll(left.subList(Math.min(left.size(), at + size), left.size()));
            if (fails.test(without)) {
                left = without;
            } else {
                at += size;
            }
        }
        return left;
    }
}
