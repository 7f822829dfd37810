package proxy;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Which requests an action meets: {@code KIND} all of a kind, {@code KIND#N} the n-th, {@code KIND%P} P percent of
 * them, each with {@code @REGEX} only those of clients whose id matches. A rule counts the requests of its kind and its
 * clients, from the moment when it is given.
 *
 * @param text     as it was given
 * @param kind     as Kafka names it, or {@code any}
 * @param number   0 for all
 * @param percent  below 100 for some
 * @param clientId what all of a client id has to match; null for any
 */
public record Rule(Action action, String text, String kind, long number, double percent, Pattern clientId) {
    private static final Pattern FORM =
            Pattern.compile("([A-Za-z]+)(?:#(\\d{1,18})|%(\\d{1,3}(?:\\.\\d{1,9})?))?(?:@(.+))?");
    private static final String ANY = "any";
    private static final List<String> KINDS =
            Stream.concat(Stream.of(ANY), ApiKeys.brokerApis().stream().map(key -> key.name)).sorted().toList();
    private static final int NEAR = 3; // typing errors

    /** @throws IllegalArgumentException with a sentence that says what is wrong, and what to do */
    public static Rule parse(Action action, String text) {
        String given = action.word() + " " + text;
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException(given + " is not a rule: give a kind of request (Produce for all of "
                    + "them, Produce#3 for the third, Produce%5 for 5 percent), and @REGEX to choose clients by their "
                    + "id.");
        }
        long number = form.group(2) == null ? 0 : Long.parseLong(form.group(2));
        double percent = form.group(3) == null ? 100 : Double.parseDouble(form.group(3));
        if (form.group(2) != null && number == 0 || percent > 100 || percent == 0) {
            throw new IllegalArgumentException(given + " never happens: the first request is #1, and all of them are "
                    + "%100.");
        }
        return new Rule(action, text, kind(given, form.group(1)), number, percent, clientId(given, form.group(4)));
    }

    private static String kind(String given, String name) {
        String nearest = KINDS.stream().min(Comparator.comparingInt(kind -> distance(kind, name))).orElseThrow();
        int distance = distance(nearest, name);
        if (distance > 0) {
            throw new IllegalArgumentException(given + ": Kafka has no request of the kind " + name
                    + (distance <= NEAR ? "; did you mean " + nearest + "?"
                            : "; the kinds are " + String.join(", ", KINDS) + "."));
        }
        return nearest;
    }

    private static Pattern clientId(String given, String regex) {
        try {
            return regex == null ? null : Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(given + ": what follows @ is not a regular expression ("
                    + e.getDescription() + "): give one such as order-.*", e);
        }
    }

    /** How many letters to change, add or remove (Levenshtein), whatever their case. */
    private static int distance(String one, String other) {
        String a = one.toLowerCase(Locale.ROOT);
        String b = other.toLowerCase(Locale.ROOT);
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }

    boolean matches(Request request) {
        return (kind.equals(ANY) || kind.equals(request.kind()))
                && (clientId == null || clientId.matcher(request.clientId()).matches());
    }

    /**
     * Whether it meets the n-th request that matches. Chance is a function of seed, rule and n, so that the same seed
     * meets the same ones, however the connections interleave.
     */
    boolean meets(long n, long seed) {
        return number > 0 ? n == number : percent == 100
                || new SplittableRandom(seed + 31L * text.hashCode() + action.ordinal() + (n << 32)).nextDouble() * 100
                        < percent;
    }

    /** Whether it meets none after the n-th. */
    boolean isOver(long n) {
        return number > 0 && n >= number;
    }

    @Override
    public String toString() {
        return action.word() + " " + text;
    }
}
