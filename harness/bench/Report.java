package bench;

import bench.Figure.Asked;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lab.Kafka;
import picocli.CommandLine.Help.Ansi;

/** All figures, as a table and as JSON. */
public final class Report {
    private static final String LINE = "%-15s %-37s %12s %-9s %12s  %-20s %8s  %-11s %s%n";

    private final double scale;
    private final double load;
    private final List<Figure> figures = new ArrayList<>();
    private final List<String> failed = new ArrayList<>();

    /**
     * What is reported with the figures.
     *
     * @param scale of the numbers of orders
     * @param load  of the machine before, in processes that could run
     */
    public Report(double scale, double load) {
        this.scale = scale;
        this.load = load;
    }

    public void add(List<Figure> more) {
        figures.addAll(more);
    }

    /** Records that a row has no figures. */
    public void failed(Row row) {
        failed.add(row.name());
    }

    /** Whether every row has figures, all of them as required. */
    public boolean ok() {
        return failed.isEmpty() && !figures.isEmpty() && figures.stream().allMatch(Figure::ok);
    }

    public String table() {
        StringBuilder table = new StringBuilder(Ansi.AUTO.string("@|bold " + LINE.strip().formatted("ROW", "WHAT",
                "FIGURE", "UNIT", "LIMIT", "WHICH IS", "RATIO", "REQUIRED", "") + "|@\n"));
        for (Figure figure : figures) {
            table.append(LINE.formatted(figure.row(), figure.what(), number(figure.value()), figure.unit(),
                    number(figure.limit().value()), figure.limit().what(), ratio(figure), asked(figure.asked()),
                    verdict(figure)));
        }
        failed.forEach(row -> table.append(LINE.formatted(row, "no figures: see above", "", "", "", "", "", "",
                Ansi.AUTO.string("@|red failed|@"))));
        return table.toString();
    }

    private static String number(double number) {
        return String.format(Locale.ROOT, number < 1_000 ? "%,.1f" : "%,.0f", number);
    }

    private static String ratio(Figure figure) {
        return isTimes(figure.asked()) || figure.ratio() > 2 ? times(figure.ratio())
                : percent(figure.ratio());
    }

    private static boolean isTimes(Asked asked) {
        return asked.of() == Asked.Of.TIMES_LIMIT || asked.of() == Asked.Of.AT_MOST_TIMES_LIMIT;
    }

    private static boolean isAtMost(Asked asked) {
        return asked.of() == Asked.Of.AT_MOST || asked.of() == Asked.Of.AT_MOST_TIMES_LIMIT;
    }

    private static String asked(Asked asked) {
        return switch (asked.of()) {
            case SHARE_OF_LIMIT -> "≥ " + percent(asked.number());
            case TIMES_LIMIT -> "≥ " + times(asked.number());
            case AT_MOST_TIMES_LIMIT -> "≤ " + times(asked.number());
            case AT_LEAST -> "≥ " + "%,.0f".formatted(asked.number());
            case AT_MOST -> "≤ " + "%,.0f".formatted(asked.number());
            case NOTHING -> "";
        };
    }

    private static String percent(double ratio) {
        return "%.0f %%".formatted(ratio * 100);
    }

    private static String times(double ratio) {
        return (ratio < 10 ? "%.2f x" : "%,.0f x").formatted(ratio);
    }

    private static String verdict(Figure figure) {
        return figure.asked().of() == Asked.Of.NOTHING ? ""
                : Ansi.AUTO.string(figure.ok() ? "@|green ok|@"
                : isAtMost(figure.asked()) ? "@|red above|@" : "@|red below|@");
    }

    public String json() {
        ObjectNode json = Kafka.JSON.createObjectNode();
        json.putObject("machine").put("cores", Runtime.getRuntime().availableProcessors())
                .put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
                .put("java", System.getProperty("java.version")).put("load_before", load);
        json.put("scale", scale).put("ok", ok());
        ArrayNode list = json.putArray("figures");
        for (Figure figure : figures) {
            ObjectNode one = list.addObject().put("row", figure.row()).put("what", figure.what())
                    .put("figure", figure.value()).put("unit", figure.unit());
            one.putObject("limit").put("what", figure.limit().what()).put("figure", figure.limit().value());
            one.put("ratio", figure.ratio());
            if (figure.asked().of() != Asked.Of.NOTHING) {
                one.putObject("asked").put("of", figure.asked().of().name().toLowerCase(Locale.ROOT))
                        .put("figure", figure.asked().number());
                one.put("ok", figure.ok());
            }
        }
        failed.forEach(json.putArray("failed")::add);
        return json.toPrettyString();
    }
}
