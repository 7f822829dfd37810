package bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** The middle value: one disturbed round does not change it. */
public final class Median {
    private Median() {
    }

    /** Of an even number, the lower of the two. */
    public static <T> double of(List<T> rounds, ToDoubleFunction<T> figure) {
        return rounds.stream().mapToDouble(figure).sorted().skip((rounds.size() - 1) / 2).findFirst().orElseThrow();
    }
}
