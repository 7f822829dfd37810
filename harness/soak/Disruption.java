package soak;

import java.util.Comparator;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Something that is done to the system for a while, as text {@code freeze broker 2@15..21}: from tick 15 to tick 21.
 *
 * @param kind what is done
 * @param what to what: {@code broker N}, {@code coordinator} (the broker that is the group's), {@code consumer N},
 *             {@code api N}, {@code replay}; or a command of KafkaProxy, such as {@code drop-answer Produce%20}
 * @param from the tick when it begins
 * @param to   the tick when it ends: what was killed or stopped is started again, what was frozen goes on
 */
public record Disruption(Kind kind, String what, int from, int to) implements Comparable<Disruption> {
    /** What can be done. A killed {@code replay} is one that begins with the disruption, and is killed at its end. */
    public enum Kind { KILL, STOP, FREEZE, NETWORK, RUN }

    private static final Pattern FORM = Pattern.compile("(\\w+) (.+)@(\\d{1,9})(?:\\.\\.(\\d{1,9}))?");
    private static final Pattern KILLED = Pattern.compile("broker [1-3]|coordinator|replay|(consumer|api) [1-9]");
    private static final Pattern STOPPED = Pattern.compile("(consumer|api) [1-9]");
    private static final Pattern FROZEN = Pattern.compile("broker [1-3]|coordinator|(consumer|api) [1-9]");
    private static final Pattern NETWORK =
            Pattern.compile("blackhole|(delay|hold|close|hold-answer|drop-answer) [A-Za-z]+\\S*");
    private static final Comparator<Disruption> ORDER = Comparator.comparingInt(Disruption::from)
            .thenComparing(Disruption::kind).thenComparing(Disruption::what).thenComparingInt(Disruption::to);

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if it is not one, with a sentence that says what is wrong
     */
    public static Disruption parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw wrong(text);
        }
        Kind kind;
        try {
            kind = Kind.valueOf(form.group(1).toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw wrong(text);
        }
        int from = Integer.parseInt(form.group(3));
        Disruption one = new Disruption(kind, form.group(2), from,
                form.group(4) == null ? from + 1 : Integer.parseInt(form.group(4)));
        Pattern possible = switch (kind) {
            case KILL -> KILLED;
            case STOP -> STOPPED;
            case FREEZE -> FROZEN;
            case NETWORK -> NETWORK;
            case RUN -> Pattern.compile("replay");
        };
        if (!possible.matcher(one.what).matches() || one.to <= one.from) {
            throw wrong(text);
        }
        return one;
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException("'" + text.strip() + "' is not a fault. Give some such as 'kill consumer "
                + "1@12', 'stop api 1@5..8', 'freeze broker 2@15..21', 'kill coordinator@3..6', 'run replay@9', 'kill "
                + "replay@9..10' or 'network drop-answer Produce%20@12..18', separated by commas.");
    }

    /** The same at another time. */
    Disruption later(int ticks) {
        return new Disruption(kind, what, from + ticks, to + ticks);
    }

    @Override
    public int compareTo(Disruption other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        String text = kind.name().toLowerCase(Locale.ROOT) + " " + what + "@" + from;
        return to == from + 1 ? text : text + ".." + to;
    }
}
