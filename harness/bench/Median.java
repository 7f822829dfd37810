package bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** The one in the middle: one round that something disturbed does not move it. */
final class Median {
    private Median() {
    }

    /** Of an even number, the lower of the two. */
    static <T> double of(List<T> rounds, ToDoubleFunction<T> figure) {
        return rounds.stream().mapToDouble(figure).sorted().skip((rounds.size() - 1) / 2).findFirst().orElseThrow();
    }
}
