package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import us.bpsm.edn.Keyword;
import us.bpsm.edn.parser.Parseable;
import us.bpsm.edn.parser.Parser;
import us.bpsm.edn.parser.Parsers;

/**
 * A history as Jepsen sees it: read by an EDN reader that knows nothing of this project, and held to what the README of
 * jepsen-io/history says of a history. What Jepsen's checker {@code set} looks for is looked for here, too.
 */
record Jepsen(List<Op> ops) {
    /** An operation; its process is a number, or a keyword for a nemesis. */
    record Op(String type, String f, Object value, Object process, long time, long index, Map<?, ?> all) {
        boolean isClients() {
            return process instanceof Long;
        }

        Object get(String key) {
            return all.get(Keyword.newKeyword(key));
        }
    }

    static Jepsen read(Path file) throws IOException {
        List<Op> ops = new ArrayList<>();
        try (Reader reader = Files.newBufferedReader(file)) {
            Parser parser = Parsers.newParser(Parsers.defaultConfiguration());
            Parseable text = Parsers.newParseable(reader);
            for (Object op = parser.nextValue(text); op != Parser.END_OF_INPUT; op = parser.nextValue(text)) {
                ops.add(op((Map<?, ?>) op));
            }
        }
        return new Jepsen(ops);
    }

    private static Op op(Map<?, ?> map) {
        Map<String, Object> byName = map.entrySet().stream().filter(each -> each.getValue() != null)
                .collect(Collectors.toMap(each -> ((Keyword) each.getKey()).getName(), Map.Entry::getValue));
        return new Op(((Keyword) byName.get("type")).getName(), ((Keyword) byName.get("f")).getName(),
                byName.get("value"), byName.get("process"), (Long) byName.get("time"), (Long) byName.get("index"), map);
    }

    /** "Operation Structure" and "Operation Semantics" in that README. */
    Jepsen isWellFormed() {
        Map<Object, Op> running = new HashMap<>();
        Set<Object> crashed = new HashSet<>();
        for (int i = 0; i < ops.size(); i++) {
            Op op = ops.get(i);
            assertThat(op.index).isEqualTo(i);
            assertThat(op.time).isGreaterThanOrEqualTo(i == 0 ? 0 : ops.get(i - 1).time);
            assertThat(op.type).isIn("invoke", "ok", "fail", "info");
            if (!op.isClients()) {
                assertThat(op.process).isInstanceOf(Keyword.class);
                assertThat(op.type).as("what a nemesis does").isEqualTo("info");
            } else if (op.type.equals("invoke")) {
                assertThat(crashed).as("processes that may do nothing more").doesNotContain(op.process);
                assertThat(running.put(op.process, op)).as("what " + op.process + " does already").isNull();
            } else {
                Op invoked = running.remove(op.process);
                assertThat(invoked).as("the invocation of " + op).isNotNull();
                assertThat(op.f).isEqualTo(invoked.f);
                assertThat(op.value).isEqualTo(op.f.equals("read") ? op.value : invoked.value);
                if (op.type.equals("info")) {
                    crashed.add(op.process);
                }
            }
        }
        assertThat(running).as("invoked and never completed").isEmpty();
        return this;
    }

    /** What was added for certain, and is not read at the end: {@code :lost}. */
    Set<Object> lost() {
        return difference(values("ok"), read());
    }

    /** What is read, and nothing tried to add: {@code :unexpected}. */
    Set<Object> unexpected() {
        return difference(read(), values("invoke"));
    }

    private Collection<?> values(String type) {
        return ops.stream().filter(op -> op.isClients() && op.f.equals("add") && op.type.equals(type))
                .map(Op::value).toList();
    }

    private Collection<?> read() {
        return (Collection<?>) ops.stream().filter(op -> op.f.equals("read") && op.type.equals("ok")).toList().getLast()
                .value;
    }

    private static Set<Object> difference(Collection<?> all, Collection<?> without) {
        Set<Object> difference = new TreeSet<>(all);
        difference.removeAll(new HashSet<>(without));
        return difference;
    }
}
