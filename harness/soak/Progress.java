package soak;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import history.Anomaly;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Help.Ansi;

/** What a run prints: a line for each group of ticks, plain where it does not go to a terminal; or JSON lines. */
public final class Progress {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out;
    private final boolean json;

    public Progress(PrintStream out, boolean json) {
        this.out = out;
        this.json = json;
    }

    /** @param fields for JSON; their values, in words, are in the text */
    void say(String type, String text, Map<String, ?> fields) {
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("type", type);
            line.putAll(fields);
            try {
                out.println(JSON.writeValueAsString(line));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        } else {
            out.println(Ansi.AUTO.string(text));
        }
        out.flush();
    }

    void ticks(int from, int to, long placed, List<Disruption> begun) {
        say("progress", "%4d..%-4d %6d orders   %s".formatted(from, to, placed, begun.stream()
                        .map(Disruption::toString).collect(Collectors.joining(", "))),
                Map.of("from", from, "to", to, "orders", placed, "faults",
                        begun.stream().map(Disruption::toString).toList()));
    }

    void ended(int tick, String name, String tail) {
        say("ended", "%4d  @|yellow %s ended by itself, and was started again:|@%n%s".formatted(tick, name, tail),
                Map.of("tick", tick, "name", name, "log", tail));
    }

    void checked(int tick, int records, int fates, List<Anomaly> anomalies, long seconds) {
        say("checked", "%4d  all undone, read twice: %d records, %d outcomes and dead letters, %s (%d s)".formatted(
                        tick, records, fates, anomalies.isEmpty() ? "@|green nothing wrong|@"
                                : "@|red,bold " + kinds(anomalies) + "|@", seconds),
                Map.of("tick", tick, "records", records, "fates", fates, "anomalies", kinds(anomalies)));
    }

    static Map<Anomaly.Kind, Long> kinds(List<Anomaly> anomalies) {
        return anomalies.stream().collect(Collectors.groupingBy(Anomaly::kind, Collectors.counting()));
    }
}
