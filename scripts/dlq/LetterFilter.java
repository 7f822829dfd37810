package dlq;

import cli.ExitCode;
import cli.Failure;
import cli.TimeOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Selects the dead letters that match all options given. */
@Command(optionListHeading = "Which dead letters:%n")
public final class LetterFilter implements Predicate<Letter> {
    @Option(names = "--exception", paramLabel = "CLASS",
            description = "Only those whose last failure is this exception or was caused by it; with or without its "
                    + "package.")
    private String exception;

    @Option(names = "--reason", paramLabel = "REGEX", converter = Regex.class,
            description = "Only those whose last exception's message contains a match.")
    private Pattern reason;

    private String key;
    private byte[] keyBytes;

    @Option(names = "--key", paramLabel = "KEY", description = "Only those with this key (0x… for bytes in hex).")
    private void key(String given) {
        key = given;
        keyBytes = bytes(given);
    }

    @Option(names = "--origin", paramLabel = "TOPIC", description = "Only those that came from this topic.")
    private String origin;

    @Option(names = "--since", paramLabel = "TIME", converter = TimeOption.Converter.class,
            description = "Only those of this time or later: 2026-01-31T12:00:00Z, or how long ago: 90m, 2h, 3d.")
    private TimeOption since;

    @Option(names = "--until", paramLabel = "TIME", converter = TimeOption.Converter.class,
            description = "Only those before this time.")
    private TimeOption until;

    @Option(names = "--without-origin", description = "Only those whose headers name no origin.")
    private boolean withoutOrigin;

    @Option(names = "--not-copied", description = "Only those whose value was not copied.")
    private boolean notCopied;

    private Integer partition;

    /** Each command has its own name for this option. */
    public void onlyPartition(int partition) {
        this.partition = partition;
    }

    /** The end of the time range; null if none was given. */
    public TimeOption until() {
        return until;
    }

    /** Those of the partitions that have to be read. */
    public List<TopicPartition> partitions(List<TopicPartition> all) {
        List<TopicPartition> some = all.stream().filter(p -> partition == null || p.partition() == partition).toList();
        if (some.isEmpty()) {
            throw new Failure(ExitCode.USAGE, "There is no partition " + partition + ": the topic has "
                    + all.size() + ", from 0 on.");
        }
        return some;
    }

    @Override
    public boolean test(Letter letter) {
        return (exception == null || failedWith(letter))
                && (reason == null || reason.matcher(letter.reason()).find())
                && (key == null || hasKey(letter.record().key()))
                && (origin == null || letter.origin().filter(from -> from.topic().equals(origin)).isPresent())
                && (!withoutOrigin || letter.origin().isEmpty())
                && (!notCopied || !letter.copied())
                && (since == null || !letter.time().isBefore(since.time()))
                && (until == null || letter.time().isBefore(until.time()));
    }

    private boolean hasKey(byte[] actual) {
        return keyBytes == null ? key.equals(Letter.text(actual)) : Arrays.equals(keyBytes, actual);
    }

    /** The bytes that 0x… stands for; null for any other text. */
    private static byte[] bytes(String key) {
        try {
            return key.startsWith("0x") ? HexFormat.of().parseHex(key, 2, key.length()) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private boolean failedWith(Letter letter) {
        return !letter.failures().isEmpty()
                && Stream.of(letter.failures().getLast().exception(), letter.failures().getLast().cause())
                        .filter(Objects::nonNull)
                        .anyMatch(name -> name.equals(exception) || Letter.simple(name).equals(exception));
    }

    /**
     * The part of a progress key that says which dead letters it is for: all options here. Their order must never
     * change, or the progress of earlier versions is not found.
     */
    public String progressKey() {
        return Stream.of(exception, reason == null ? null : reason.pattern(), key, origin, given(since), given(until),
                        partition, withoutOrigin, notCopied)
                .map(String::valueOf).collect(Collectors.joining("\n"));
    }

    private static String given(TimeOption time) {
        return time == null ? null : time.given();
    }

    /** Reads a regular expression from the command line. */
    static final class Regex implements ITypeConverter<Pattern> {
        @Override
        public Pattern convert(String text) {
            try {
                return Pattern.compile(text);
            } catch (PatternSyntaxException e) {
                throw new TypeConversionException("'" + text + "' is not a regular expression: " + e.getDescription());
            }
        }
    }
}
