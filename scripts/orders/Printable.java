package orders;

/** Text from outside, made safe for a terminal or a log: nothing in it can move the cursor or forge a line. */
public final class Printable {
    private static final int LONGEST = 4_000;

    private Printable() {
    }

    /**
     * Replaces control characters, line separators, bidi marks and lone surrogates by their {@code \}{@code uXXXX}
     * escapes and cuts what is longer than 4,000 characters.
     *
     * @param text any text; null gives "null"
     */
    public static String of(String text) {
        if (text == null) {
            return "null";
        }
        int end = Math.min(text.length(), LONGEST);
        StringBuilder escaped = null;
        for (int i = 0; i < end; ) {
            int c = text.codePointAt(i);
            int width = Character.charCount(c);
            if (unsafe(c)) {
                escaped = escaped == null ? new StringBuilder(text.substring(0, i)) : escaped;
                escaped.append(String.format("\\u%04x", c));
            } else if (escaped != null) {
                escaped.appendCodePoint(c);
            }
            i += width;
        }
        String safe = escaped == null ? text.substring(0, end) : escaped.toString();
        return end < text.length() ? safe + "… (" + text.length() + " characters)" : safe;
    }

    private static boolean unsafe(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
