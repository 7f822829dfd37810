package orders;

import java.util.List;
import java.util.stream.Collectors;
import messages.PermanentFailure;

/** JSON that is not an order; names each field that is wrong, up to a hundred of them. */
public final class InvalidOrder extends PermanentFailure {
    private final transient List<Problem> problems;

    /**
     * @param field   where, as a path such as {@code items[0].price}
     * @param detail  what is wrong, as in "must be a number"
     * @param pointer the same place as a JSON pointer in a URI fragment (RFC 6901, 6), such as {@code #/items/0/price}
     */
    public record Problem(String field, String detail, String pointer) {
        public Problem(String field, String detail) {
            this(field, detail, "#/" + field.replaceAll("\\[|]?\\.", "/").replace("]", ""));
        }
    }

    public InvalidOrder(List<Problem> problems) {
        super(problems.stream().map(p -> p.field() + " " + p.detail()).collect(Collectors.joining("; ")), null);
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
