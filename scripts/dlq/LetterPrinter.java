package dlq;

import cli.Printable;
import families.ReportedFailure;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import messages.Json;

/** Prints dead letters one by one, so that there may be any number of them. */
public final class LetterPrinter {
    /** A table, one JSON array, one JSON object per line, or comma-separated values (RFC 4180). */
    public enum Format { table, json, jsonl, csv }

    private static final String NOT_COPIED = "(not copied)";
    private static final List<String> COLUMNS =
            List.of("AT", "TIME", "FROM", "ATTEMPTS", "KEY", "EXCEPTION", "MESSAGE");
    private static final int[] WIDTHS = {8, 20, 26, 8, 36, 20, 0};

    private final Format format;
    private final PrintWriter out;
    private final UnaryOperator<String> bold;
    private final UnaryOperator<String> safe;
    private long printed;

    /** @param raw print control characters and bidi marks unescaped, which terminals act upon */
    public LetterPrinter(Format format, PrintWriter out, UnaryOperator<String> bold, boolean raw) {
        this.format = format;
        this.out = out;
        this.bold = bold;
        this.safe = raw ? text -> text : Printable::whole;
    }

    public void print(Letter letter) {
        switch (format) {
            case table -> {
                if (printed == 0) {
                    out.println(bold.apply(row(COLUMNS)));
                }
                out.println(row(cells(letter)));
            }
            case json -> out.print((printed == 0 ? "[\n" : ",\n") + json(letter));
            case jsonl -> out.println(json(letter));
            case csv -> {
                if (printed == 0) {
                    out.print(csv(Stream.concat(COLUMNS.stream(), Stream.of("VALUE"))
                            .map(String::toLowerCase).toList()));
                }
                out.print(csv(Stream.concat(cells(letter).stream(), Stream.of(letter.copied()
                        ? safe.apply(Letter.text(letter.record().value())) : NOT_COPIED)).toList()));
            }
        }
        printed++;
    }

    /** Prints what comes after the last one. */
    public void end(String topic, boolean complete) {
        switch (format) {
            case table -> out.println((complete ? "" : "stopped after ") + printed
                    + (printed == 1 ? " dead letter" : " dead letters") + " in " + topic);
            case json -> out.println(printed == 0 ? "[]" : "\n]");
            case jsonl, csv -> { }
        }
        out.flush();
    }

    private List<String> cells(Letter letter) {
        ReportedFailure origin = letter.origin().orElse(null);
        ReportedFailure latest = letter.failures().isEmpty() ? null : letter.failures().getLast();
        return Stream.of(letter.at(), letter.time().truncatedTo(ChronoUnit.SECONDS).toString(), from(origin),
                latest == null || latest.attempts() == null ? "?" : latest.attempts().toString(),
                Letter.text(letter.record().key()), letter.exception(),
                letter.reason() + letter.valueOmitted()
                        .map(bytes -> " (value of " + bytes + " bytes not copied)").orElse("")).map(safe).toList();
    }

    /** TOPIC-PARTITION@OFFSET, as far as it is reported. */
    public static String from(ReportedFailure origin) {
        return origin == null ? "?" : origin.topic() + "-" + (origin.partition() == null ? "?" : origin.partition())
                + "@" + (origin.offset() == null ? "?" : origin.offset());
    }

    private static String row(List<String> cells) {
        StringBuilder row = new StringBuilder();
        for (int i = 0; i < WIDTHS.length; i++) {
            row.append(WIDTHS[i] == 0 ? cells.get(i) : String.format("%-" + WIDTHS[i] + "s ", cells.get(i)));
        }
        return row.toString();
    }

    private String json(Letter letter) {
        return safe.apply(new String(Json.bytes(letter.described()), StandardCharsets.UTF_8));
    }

    private static String csv(List<String> cells) {
        return cells.stream().map(cell -> "\"" + cell.replace("\"", "\"\"") + "\"").collect(Collectors.joining(","))
                + "\r\n";
    }
}
