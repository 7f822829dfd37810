package lab;

import java.util.List;

/**
 * The exit code and the output of a script that has ended.
 *
 * @param name what to call it
 */
public record Ended(String name, int exitCode, String out, String err) {
    private static final int TAIL = 60;

    /** The last lines of both outputs. */
    public String tail() {
        return "--- " + name + " (ended: " + exitCode + ")\n" + tail(out) + tail(err);
    }

    static String tail(String text) {
        List<String> lines = text.lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL), lines.size()))
                + (lines.isEmpty() ? "" : "\n");
    }
}
