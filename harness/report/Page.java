package report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import history.Anomaly;
import history.FinalRead;
import history.History;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import story.Verdict;
import story.Verdict.Result;

/** The page of {@code make prove}: a file without anything else, with the two timelines of each guarantee. */
public final class Page {
    private static final ObjectMapper JSON =
            new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);
    private static final String HOLE = "{\"data\":null}";

    /** What the page's script draws. */
    private record Data(String made, int chosen, List<Shown> guarantees) {
    }

    private record Shown(int number, String question, String off, Anomaly.Kind expected, String meaning,
            double seconds, Side asBuilt, Side broken) {
    }

    /** @param timeline null if the topics were not read at the end: then it is not known what is in them */
    private record Side(Result result, String summary, String reason, Map<Anomaly.Kind, Long> kinds,
            List<String> bites, String folder, List<String> files, Timeline timeline) {
    }

    private Page() {
    }

    /**
     * Writes {@code index.html} into the folder of a run.
     *
     * @param chosen how many guarantees were to be played
     * @return the page
     */
    public static Path write(Path folder, int chosen, List<Proven> proven) throws IOException {
        List<Shown> shown = proven.stream().map(one -> shown(folder, one)).toList();
        Data data = new Data(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(), chosen, shown);
        return Files.writeString(folder.resolve("index.html"),
                template().replace(HOLE, inScript(JSON.writeValueAsString(data))));
    }

    /** In JSON these characters are in strings only, where they can be escaped: no text can end the script. */
    private static String inScript(String json) {
        return json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026");
    }

    private static String template() throws IOException {
        try (InputStream page = Page.class.getResourceAsStream("page.html")) {
            return new String(page.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Shown shown(Path folder, Proven one) {
        return new Shown(one.number(), one.played().guarantee().question(), one.played().guarantee().off(),
                one.played().guarantee().anomaly(), meaning(one.played().guarantee().anomaly()),
                one.played().took().toMillis() / 1000.0,
                side(folder, one.folder().resolve("as-built"), one.played().asBuilt(), one.played().asBuiltResult()),
                side(folder, one.folder().resolve("broken"), one.played().broken(), one.played().brokenResult()));
    }

    private static Side side(Path folder, Path files, Verdict verdict, Result result) {
        Path last = files.resolve("final.json");
        try (Stream<Path> all = Files.list(Files.createDirectories(files))) { // nothing is there if its broker failed
            return new Side(result, verdict.summary(), result == Result.INCONCLUSIVE ? verdict.reason() : null,
                    verdict.kinds(), verdict.bites().stream().sorted().toList(), folder.relativize(files).toString(),
                    all.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).sorted().toList(),
                    Files.exists(last) ? Timeline.of(History.read(files.resolve("history.jsonl")),
                            FinalRead.read(last), verdict.anomalies()) : null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** In a few words; the exact meaning is in {@link Anomaly.Kind}. */
    private static String meaning(Anomaly.Kind kind) {
        return switch (kind) {
            case LOST -> "it was accepted, and is not in the log";
            case MOVED -> "it is not where the answer said";
            case REFUSED_BUT_WRITTEN -> "every answer said that nothing was written, and it is there";
            case DUPLICATED -> "one writer wrote it twice";
            case PHANTOM -> "a record that nothing sent, or an outcome of a record that is not there";
            case NO_FATE -> "the committed offset passed a record, and nothing was done with it";
            case TWICE -> "one order has two outcomes, or one record a dead letter and another fate";
            case WRONG_ORDER -> "of two records with one key the later one was processed first";
            case ALTERED -> "a dead letter does not have its record's bytes";
            case AHEAD -> "an offset was committed before the fates of the records before it were written";
            case SKIPPED -> "records were removed before they were processed, and that was not reported";
            case TORN -> "a transaction was read in part";
            case STALLED -> "nothing was done with a record for as long as is allowed";
        };
    }
}
