package report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Help.Ansi;
import story.Stage.Played;
import story.Verdict;
import story.Verdict.Result;

/** The table of {@code make prove}: a row for each guarantee, with what was seen as built and without it. */
public final class Proofs {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_SHOWN = 3;

    private final PrintStream out;
    private final boolean json;
    private final long began = System.nanoTime();
    private int total;
    private int shown;
    private boolean failed;
    private boolean inconclusive;

    /** @param json whether to print JSON lines */
    public Proofs(PrintStream out, boolean json) {
        this.out = out;
        this.json = json;
    }

    public void begin(int total, Path folder) {
        this.total = total;
        say("Each time the same happens to two systems: one as built, one with a guarantee switched off.");
        say("What happened, and the logs: " + folder);
    }

    /** Prints how one came out: as soon as it did, since the others may take minutes. */
    public void add(int number, Played played) {
        shown++;
        Result asBuilt = played.asBuiltResult();
        Result broken = played.brokenResult();
        failed |= asBuilt == Result.NOT_AS_EXPECTED || broken == Result.NOT_AS_EXPECTED;
        inconclusive |= asBuilt == Result.INCONCLUSIVE || broken == Result.INCONCLUSIVE;
        if (json) {
            out.println(line(number, played));
            return;
        }
        say("");
        say("@|bold %2d %s|@  @|faint (%d of %d, %.0f s)|@".formatted(number, played.guarantee().question(), shown,
                total, played.took().toMillis() / 1000.0));
        say("   %-24s %s".formatted("as built", text(played.asBuilt(), asBuilt)));
        say("   %-24s %s".formatted(played.guarantee().off(), text(played.broken(), broken)));
    }

    private static String text(Verdict verdict, Result result) {
        String anomalies = verdict.kinds().entrySet().stream()
                .map(each -> each.getValue() + " " + each.getKey()).collect(Collectors.joining(", "));
        String colour = anomalies.isEmpty() ? "green" : "red";
        String text = "@|%s %s%s|@".formatted(colour, verdict.summary(), anomalies.isEmpty() ? "" : ": " + anomalies);
        return switch (result) {
            case AS_EXPECTED -> text;
            case INCONCLUSIVE -> (verdict.cutShort() == null ? text + " " : "")
                    + "@|yellow inconclusive: " + verdict.reason() + "|@";
            case NOT_AS_EXPECTED -> text + " @|red,bold not as expected|@" + verdict.anomalies().stream()
                    .limit(MOST_SHOWN).map(anomaly -> "\n" + " ".repeat(28) + anomaly.sentence())
                    .collect(Collectors.joining());
        };
    }

    private static String line(int number, Played played) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("guarantee", number);
        line.put("question", played.guarantee().question());
        line.put("as_built", fields(played.asBuilt(), played.asBuiltResult()));
        line.put("switch", played.guarantee().off());
        line.put("switched_off", fields(played.broken(), played.brokenResult()));
        line.put("seconds", Math.round(played.took().toMillis() / 100.0) / 10.0);
        return line(line);
    }

    private static String line(Map<String, Object> line) {
        try {
            return JSON.writeValueAsString(line);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, Object> fields(Verdict verdict, Result result) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("result", result.name().toLowerCase());
        fields.put("summary", verdict.summary());
        fields.put("anomalies", verdict.kinds());
        fields.put("fault", verdict.bites());
        if (verdict.cutShort() != null) {
            fields.put("cut_short", verdict.reason());
        }
        return fields;
    }

    /** Prints the last lines, with where the page is; an interrupted run has fewer results than it began. */
    public void end(List<Proven> proven, Path page) {
        if (proven.size() < total) {
            say("%nended early: %d of %d guarantees were played".formatted(proven.size(), total));
        }
        long asBuilt = proven.stream().filter(one -> one.played().asBuiltResult() == Result.AS_EXPECTED).count();
        long broken = proven.stream().filter(one -> one.played().brokenResult() == Result.AS_EXPECTED).count();
        say("%n%d of %d held as built, %d of %d failed as expected once switched off, in %d s".formatted(asBuilt,
                proven.size(), broken, proven.size(), Duration.ofNanos(System.nanoTime() - began).toSeconds()));
        say("To look at: " + page);
        if (json) {
            out.println(line(Map.of("page", page.toString())));
        }
    }

    /** 0 if all is as expected, 1 if something is not, 2 if something proves nothing. */
    public int exitCode() {
        return failed ? 1 : inconclusive ? 2 : 0;
    }

    private void say(String what) {
        if (!json) {
            out.println(Ansi.AUTO.string(what));
        }
    }
}
