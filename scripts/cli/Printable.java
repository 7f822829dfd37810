package cli;

/** Text from outside, made safe for a terminal or a log: nothing in it can move the cursor or forge a line. */
public final class Printable {
    private static final int LONGEST = 4_000;

    private Printable() {
    }

    /** The same as {@link #whole}, cut after 4,000 characters. Null gives "null". */
    public static String of(String text) {
        if (text == null || text.length() <= LONGEST) {
            return whole(String.valueOf(text));
        }
        return whole(text.substring(0, LONGEST)) + "… (" + text.length() + " characters)";
    }

    /**
     * Escapes control characters, line separators, bidi and other format marks and lone surrogates, as Java and JSON
     * do: in JSON that changes the notation, not the meaning.
     */
    public static String whole(String text) {
        if (text.codePoints().noneMatch(Printable::unsafe)) {
            return text;
        }
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (unsafe(c)) {
                for (char unit : Character.toChars(c)) {
                    escaped.append(String.format("\\u%04x", (int) unit));
                }
            } else {
                escaped.appendCodePoint(c);
            }
        });
        return escaped.toString();
    }

    private static boolean unsafe(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
