package report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import story.Stage.Played;

/** The table of guarantees in README.md, made from a run of {@code make prove}. */
public final class ReadmeTable {
    private static final String HEAD = "| | question | as built | broken on purpose |\n|---|---|---|---|\n";

    private ReadmeTable() {
    }

    /** What a run says of one guarantee: a row. */
    public static String row(int number, Played played) {
        return "| %d | %s | %s | `%s`: %s: **%s** |".formatted(number, played.guarantee().question(),
                played.asBuilt().summary(), played.guarantee().off(), played.broken().summary(),
                played.broken().kinds().get(played.guarantee().anomaly()) + " " + played.guarantee().anomaly());
    }

    /** The rows that a document has. */
    public static List<String> rows(String document) {
        return document.substring(begin(document)).lines().takeWhile(line -> line.startsWith("| ")).toList();
    }

    private static int begin(String document) {
        if (!document.contains(HEAD)) {
            throw new IllegalStateException("There is no table of guarantees, which begins with " + HEAD);
        }
        return document.indexOf(HEAD) + HEAD.length();
    }

    /** Puts the rows of a run in place of those that are there. */
    public static void write(Path file, Collection<Proven> proven) throws IOException {
        String document = Files.readString(file);
        String before = document.substring(0, begin(document));
        Files.writeString(file, before + proven.stream().map(one -> row(one.number(), one.played()) + "\n")
                .collect(Collectors.joining()) + document.substring(before.length()).lines()
                .dropWhile(line -> line.startsWith("| ")).map(line -> line + "\n").collect(Collectors.joining()));
    }

    /**
     * A row without what may be different in each run: how much went wrong. Its words, the switch and the anomaly are
     * left, and all that it says of the system as built.
     */
    public static String comparable(String row) {
        return row.replaceAll("(`: ).*(: \\*\\*)\\d+", "$1…$2…");
    }
}
