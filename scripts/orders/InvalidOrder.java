package orders;

import java.util.List;
import java.util.stream.Collectors;
import messages.PermanentFailure;

/** JSON that is not an order; names each field that is wrong, up to a hundred of them. */
public final class InvalidOrder extends PermanentFailure {
    private final transient List<Problem> problems;

    /**
     * @param field  where, as a path such as {@code items[0].price}
     * @param detail what is wrong, as in "must be a number"
     */
    public record Problem(String field, String detail) {
    }

    public InvalidOrder(List<Problem> problems) {
        super(problems.stream().map(p -> p.field() + " " + p.detail()).collect(Collectors.joining("; ")), null);
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
