package dlq;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Counts dead letters in bounded memory: by exception, by reason, by origin and by hour. */
public final class Tally {
    private static final int MOST = 10_000;
    private static final int LONGEST = 249; // as long as a topic's name may be
    private static final String OTHERS = "(others)";

    private final Map<String, Function<Letter, String>> by = new LinkedHashMap<>();
    private final Map<String, Map<String, long[]>> counts = new LinkedHashMap<>();
    private long letters;
    private long oldest = Long.MAX_VALUE;
    private long newest = Long.MIN_VALUE;

    public Tally() {
        by("exception", letter -> cut(letter.exception()));
        by("reason", letter -> folded(letter.reason()));
        by("origin", letter -> letter.origin().map(from -> cut(from.topic())).orElse("(unknown)"));
        by("hour", letter -> letter.time().truncatedTo(ChronoUnit.HOURS).toString());
    }

    private void by(String what, Function<Letter, String> group) {
        by.put(what, group);
        counts.put(what, new HashMap<>());
    }

    public void add(Letter letter) {
        letters++;
        long time = letter.time().toEpochMilli();
        oldest = Math.min(oldest, time);
        newest = Math.max(newest, time);
        by.forEach((what, group) -> count(counts.get(what), group.apply(letter)));
    }

    /** If there are too many groups, all further ones are counted as one. */
    public static void count(Map<String, long[]> counts, String group) {
        long[] count = counts.get(group);
        if (count == null) {
            count = counts.computeIfAbsent(counts.size() < MOST ? group : OTHERS, g -> new long[1]);
        }
        count[0]++;
    }

    public long letters() {
        return letters;
    }

    public Instant oldest() {
        return Instant.ofEpochMilli(oldest);
    }

    public Instant newest() {
        return Instant.ofEpochMilli(newest);
    }

    /** How many of each; by hour the latest first, otherwise the most frequent first. */
    public Map<String, Map<String, Long>> counts() {
        Map<String, Map<String, Long>> sorted = new LinkedHashMap<>();
        counts.forEach((what, groups) -> {
            Map<String, Long> of = new LinkedHashMap<>();
            groups.entrySet().stream()
                    .sorted((a, b) -> what.equals("hour") || a.getValue()[0] == b.getValue()[0]
                            ? (what.equals("hour") ? -1 : 1) * a.getKey().compareTo(b.getKey())
                            : Long.compare(b.getValue()[0], a.getValue()[0]))
                    .forEach(group -> of.put(group.getKey(), group.getValue()[0]));
            sorted.put(what, of);
        });
        return sorted;
    }

    /**
     * A message without what differs from record to record, so that similar ones are counted together: every number,
     * and every word of hex digits and hyphens with a digit in it (such as a UUID), becomes a "#".
     */
    public static String folded(String message) {
        int end = Math.min(message.length(), LONGEST);
        StringBuilder folded = new StringBuilder(end);
        int i = 0;
        while (i < end) {
            int word = i;
            boolean digits = false;
            boolean id = true;
            while (word < end && isOfWord(message.charAt(word))) {
                char c = message.charAt(word++);
                digits |= Character.isDigit(c);
                id &= c == '-' || Character.digit(c, 16) >= 0;
            }
            if (word == i) {
                folded.append(message.charAt(i++));
                continue;
            }
            if (digits && id) {
                folded.append('#');
            } else if (digits) {
                foldDigits(message, i, word, folded);
            } else {
                folded.append(message, i, word);
            }
            i = word;
        }
        return end < message.length() ? folded.append('…').toString() : folded.toString();
    }

    /** Cuts what is too long: a header may hold a megabyte. */
    public static String cut(String group) {
        return group.length() <= LONGEST ? group : group.substring(0, LONGEST) + "…";
    }

    private static boolean isOfWord(char c) {
        return c == '-' || Character.isLetterOrDigit(c);
    }

    private static void foldDigits(String message, int from, int to, StringBuilder folded) {
        for (int i = from; i < to; i++) {
            if (!Character.isDigit(message.charAt(i))) {
                folded.append(message.charAt(i));
            } else if (i == from || !Character.isDigit(message.charAt(i - 1))) {
                folded.append('#');
            }
        }
    }
}
