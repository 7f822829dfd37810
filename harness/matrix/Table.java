package matrix;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import lab.Repo;
import picocli.CommandLine.Help.Ansi;

/** What is printed of a matrix: a row for each script, and each point where something is wrong. */
public final class Table {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ROW = "%-38s %6s %s %s %s %s  %s";
    private static final int NOW_AND_THEN = 50; // points, where a line cannot be replaced
    private static final String ERASE = "\r\033[K";

    private final PrintStream out;
    private final boolean json;
    private final long began = System.nanoTime();
    private final List<Found> all = new ArrayList<>();
    private int done;

    /** @param json whether to print JSON lines */
    public Table(PrintStream out, boolean json) {
        this.out = out;
        this.json = json;
    }

    /** Prints the head. */
    public void begin(Path folder) {
        say("A script is killed with -9 at every request of a short life: before Kafka has it, and before the answer");
        say("is there. Then it is started again, and has to finish. Histories of what goes wrong: " + folder);
        say("");
        say("@|bold " + ROW.formatted("", "POINTS", " REACHED", " LOST", " DOUBLED", " OTHER", "") + "|@");
    }

    /** Shows how far it is, and what is wrong at a point. */
    public synchronized void add(Lives lives, Found found, int of) {
        done++;
        all.add(found);
        if (!found.reached() || found.isWrong()) {
            erase();
            say((found.reached() ? "@|red wrong|@ " : "@|yellow not reached|@ ") + found + ", in "
                    + Repo.root().relativize(found.folder()));
            if (json) {
                out.println(line(Map.of("script", lives.title(), "point", found.point().toString(), "reached",
                        found.reached(), "anomalies", found.anomalies().stream().map(one -> one.kind().name())
                                .distinct().toList(), "found", found.toString(), "folder",
                        found.folder().toString())));
            }
        }
        String progress = "%s: %d of %d".formatted(lives.title(), done, of);
        if (isLive()) {
            out.print("\r" + progress);
            out.flush();
        } else if (done % NOW_AND_THEN == 0 && done < of) {
            say(progress);
        }
    }

    /** Prints the row of a script. */
    public synchronized void end(Lives lives, List<Found> found, Duration took) {
        done = 0;
        erase();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("script", lives.title());
        fields.put("points", found.size());
        fields.put("reached", count(found, Found::reached));
        fields.put("lost", count(found, Found::lost));
        fields.put("doubled", count(found, Found::doubled));
        fields.put("otherwise_wrong", count(found, Found::otherwiseWrong));
        fields.put("repeated_as_allowed", count(found, Table::repeatsAsAllowed));
        fields.put("not_reached_at_once", count(found, one -> one.reached() && one.tries() > 1));
        fields.put("seconds", took.toSeconds());
        if (json) {
            out.println(line(fields));
            return;
        }
        say(ROW.formatted(lives.title(), found.size(),
                cell(8, count(found, Found::reached), found.size()), cell(5, count(found, Found::lost), 0),
                cell(8, count(found, Found::doubled), 0), cell(6, count(found, Found::otherwiseWrong), 0),
                note(lives, found, took)));
    }

    private static boolean repeatsAsAllowed(Found one) {
        return one.repeats() && !one.isWrong();
    }

    private static String note(Lives lives, List<Found> found, Duration took) {
        long repeats = count(found, Table::repeatsAsAllowed);
        long again = count(found, one -> one.reached() && one.tries() > 1);
        return "@|faint %d s%s%s|@".formatted(took.toSeconds(),
                repeats == 0 ? "" : "; as it may, " + lives.mayRepeat() + ": " + repeats,
                again == 0 ? "" : "; not reached at once: " + again);
    }

    private static String cell(int width, long number, long wanted) {
        return "@|%s %s|@".formatted(number == wanted ? "green" : "red", ("%" + width + "d").formatted(number));
    }

    /** Prints the last line. */
    public void end() {
        say("");
        say("%d of %d points reached, %s, in %d s".formatted(count(all, Found::reached), all.size(),
                count(all, Found::isWrong) == 0 ? "nothing lost, nothing doubled"
                        : "@|red something is wrong at " + count(all, Found::isWrong) + "|@",
                Duration.ofNanos(System.nanoTime() - began).toSeconds()));
    }

    /** 0 if nothing is wrong at any point, 1 if something is, 2 if a point was not reached, or there was none. */
    public int exitCode() {
        return all.stream().anyMatch(Found::isWrong) ? 1
                : all.isEmpty() || !all.stream().allMatch(Found::reached) ? 2 : 0;
    }

    private static long count(List<Found> found, Predicate<Found> that) {
        return found.stream().filter(that).count();
    }

    private boolean isLive() {
        return !json && Ansi.AUTO.enabled();
    }

    private void erase() {
        if (isLive()) {
            out.print(ERASE);
        }
    }

    private void say(String what) {
        if (!json) {
            out.println(Ansi.AUTO.string(what));
        }
    }

    private static String line(Map<String, Object> fields) {
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
