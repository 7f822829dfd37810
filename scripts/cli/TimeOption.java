package cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A time as people give it: in ISO-8601 (2026-01-31, 2026-01-31T12:00, with or without an offset; without one it is
 * UTC), or as a duration back from now (90s, 15m, 2h, 3d, PT1H30M).
 *
 * @param given as it was given: the same duration is a different time in each run
 * @param ago   whether it was given as a duration
 */
public record TimeOption(String given, Instant time, boolean ago) {
    private static final Pattern BACK = Pattern.compile("(\\d{1,9})([smhd])");
    private static final List<Function<String, Instant>> FORMS = List.of(
            text -> OffsetDateTime.parse(text).toInstant(),
            text -> LocalDateTime.parse(text).toInstant(ZoneOffset.UTC),
            text -> LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC),
            TimeOption::ago);

    private static Instant ago(String text) {
        return Instant.now().minus(back(text));
    }

    private static Duration back(String text) {
        Matcher back = BACK.matcher(text);
        if (!back.matches()) {
            return Duration.parse(text);
        }
        return Duration.parse(back.group(2).equals("d") ? "P" + back.group(1) + "D" : "PT" + back.group());
    }

    /** Reads it from the command line. */
    public static final class Converter implements ITypeConverter<TimeOption> {
        @Override
        public TimeOption convert(String text) {
            for (Function<String, Instant> form : FORMS) {
                try {
                    return new TimeOption(text, form.apply(text), form == FORMS.getLast());
                } catch (DateTimeException | ArithmeticException e) {
                    // try the next form
                }
            }
            throw new TypeConversionException("'" + text + "' is not a time: give one such as 2026-01-31T12:00:00Z, or "
                    + "how long ago, such as 90m or 3d");
        }
    }
}
