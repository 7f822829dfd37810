package history;

import com.fasterxml.jackson.core.JsonProcessingException;
import history.Event.Fault;
import history.History.Entry;
import history.Operation.Attempt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A history in the form that Jepsen, Elle and Knossos read: EDN, one map a line, as in the README of jepsen-io/history.
 *
 * <p>It is a history of a set, which Jepsen's own checkers {@code set} and {@code set-full} judge: each operation is
 * one {@code :add} of a number (they need integers) in a process of its own, and a {@code :read} at the end has the
 * numbers of all records (with those that retention removed, which it does not know), so that {@code :lost} and
 * {@code :unexpected} there are LOST and PHANTOM here. Faults are {@code :info} of the process {@code :nemesis}. With
 * elle-cli: {@code elle-cli --model set history.edn}.
 */
public final class JepsenForm {
    private record Op(long at, String type, String f, String value, String process, String more) {
    }

    private final Map<Id, Integer> numbers = new HashMap<>();

    private JepsenForm() {
    }

    public static void write(History history, FinalRead read, Path file) throws IOException {
        List<Op> ops = new JepsenForm().ops(history, read);
        Files.write(file, IntStream.range(0, ops.size()).mapToObj(index -> line(index, ops.get(index))).toList());
    }

    private List<Op> ops(History history, FinalRead read) {
        List<Op> ops = new ArrayList<>();
        long end = Math.max(read.at(), history.entries().isEmpty() ? 0 : history.entries().getLast().at());
        history.operations().forEach(operation -> {
            String number = number(operation.id());
            String id = ", :id " + text(operation.id().name()) + ", :content " + text(operation.id().content());
            ops.add(new Op(operation.attempts().getFirst().invoked().at(), ":invoke", ":add", number, number, id));
            ops.add(new Op(completed(operation, end), switch (operation.state()) {
                case OK -> ":ok";
                case FAILED -> ":fail";
                case UNKNOWN -> ":info";
            }, ":add", number, number, id));
        });
        history.entries().forEach(entry -> {
            if (entry.event() instanceof Fault fault) {
                ops.add(new Op(entry.at(), ":info", ":" + fault.kind().name().toLowerCase(Locale.ROOT),
                        text(fault.target()), ":nemesis", ""));
            }
        });
        ops.sort(Comparator.comparingLong(Op::at));
        String all = new Facts(history, read).records().stream().map(record -> number(record.id()))
                .collect(Collectors.joining(" ", "[", "]"));
        String reader = String.valueOf(numbers.size());
        ops.add(new Op(end, ":invoke", ":read", "nil", reader, ""));
        ops.add(new Op(end, ":ok", ":read", all, reader, ""));
        return ops;
    }

    /** When an operation was known to be there; or known not to be; or given up. */
    private static long completed(Operation operation, long end) {
        List<Entry> answers = operation.attempts().stream().map(Attempt::answer).toList();
        return switch (operation.state()) {
            case OK -> answers.stream().filter(answer -> answer != null && answer.event() instanceof Event.Accepted)
                    .mapToLong(Entry::at).min().orElseThrow();
            case FAILED -> answers.stream().mapToLong(Entry::at).max().orElseThrow();
            case UNKNOWN -> end;
        };
    }

    private String number(Id id) {
        return String.valueOf(numbers.computeIfAbsent(id, each -> numbers.size()));
    }

    private static String line(int index, Op op) {
        return "{:type %s, :f %s, :value %s, :process %s, :time %d, :index %d%s}"
                .formatted(op.type, op.f, op.value, op.process, op.at, index, op.more);
    }

    /** A string of EDN has JSON's escapes. */
    private static String text(String value) {
        try {
            return History.JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
