package bench;

/**
 * One line of the table: what was measured, its limit from the same run, and what is required of it.
 *
 * @param row   the row it belongs to
 * @param what  what was measured
 * @param value the figure, in {@code unit}
 */
public record Figure(String row, String what, double value, String unit, Limit limit, Asked asked) {
    /** What the figure is compared with: the most that this machine can do, or what another program does on it. */
    public record Limit(String what, double value) {
    }

    /** What is required of the ratio of the figure to its limit, or of the figure itself, if anything. */
    public record Asked(Of of, double number) {
        /** What the required number is compared with. */
        public enum Of { SHARE_OF_LIMIT, TIMES_LIMIT, AT_MOST_TIMES_LIMIT, AT_LEAST, AT_MOST, NOTHING }

        public static final Asked NOTHING = new Asked(Of.NOTHING, Double.NaN);

        public static Asked share(double least) {
            return new Asked(Of.SHARE_OF_LIMIT, least);
        }

        public static Asked times(double least) {
            return new Asked(Of.TIMES_LIMIT, least);
        }

        public static Asked atMostTimes(double most) {
            return new Asked(Of.AT_MOST_TIMES_LIMIT, most);
        }

        public static Asked atLeast(double least) {
            return new Asked(Of.AT_LEAST, least);
        }

        public static Asked atMost(double most) {
            return new Asked(Of.AT_MOST, most);
        }
    }

    /** Seconds of CPU time for a million orders, which other work on the machine hardly changes. */
    public static Figure cpu(String row, String what, double seconds, String limit, double limitSeconds) {
        return new Figure(row, what + ", CPU for a million", seconds, "s", new Limit(limit, limitSeconds),
                Asked.NOTHING);
    }

    /** Rounded to two digits, as shown: two runs of the same thing differ by more than the third digit. */
    public double ratio() {
        return Math.round(value / limit.value * 100) / 100.0;
    }

    /** Whether it is as required. */
    public boolean ok() {
        return switch (asked.of) {
            case SHARE_OF_LIMIT, TIMES_LIMIT -> ratio() >= asked.number;
            case AT_MOST_TIMES_LIMIT -> ratio() <= asked.number;
            case AT_LEAST -> value >= asked.number;
            case AT_MOST -> value <= asked.number;
            case NOTHING -> true;
        };
    }
}
