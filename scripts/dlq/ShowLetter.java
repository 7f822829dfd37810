package dlq;

import cli.ExitCode;
import cli.Failure;
import cli.Printable;
import cluster.TopicReader;
import families.ErrorHeaders;
import families.ReportedFailure;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows one dead letter in full. */
@Command(name = "show", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Shows one dead letter in full.",
        footer = "  ./jbang scripts/DlqInspector.java show 0:0")
public final class ShowLetter extends DlqCommand {
    private static final Pattern PLACE = Pattern.compile("(\\d{1,9}):(\\d{1,18})");

    @Parameters(paramLabel = "PARTITION:OFFSET", description = "Which one, as 'list' prints it.")
    private String place;

    @Option(names = "--fetch-original",
            description = "Also read the original record: some dead letters have no value, or no key and value.")
    private boolean fetchOriginal;

    @Option(names = "--raw", description = "Do not escape what terminals act upon (escape sequences, bidi marks).")
    private boolean raw;

    @Override
    protected Integer run(Admin admin) {
        Matcher matcher = PLACE.matcher(place);
        if (!matcher.matches()) {
            throw new Failure(
                    ExitCode.USAGE, place + " is not a place in a topic: give PARTITION:OFFSET, such as 0:3.");
        }
        TopicPartition partition = new TopicPartition(topic, Integer.parseInt(matcher.group(1)));
        try (TopicReader reader = reader()) {
            Letter letter = record(reader, partition, Long.parseLong(matcher.group(2))).map(Letter::of).orElseThrow(
                    () -> new Failure("There is no record at " + place + " in " + topic + ": 'list' shows what there "
                            + "is."));
            print(letter);
            if (fetchOriginal) {
                printOriginal(reader, letter);
            }
        }
        return ExitCode.OK.code();
    }

    private void print(Letter letter) {
        line("dead letter", topic + " " + letter.at() + ", " + Instant.ofEpochMilli(letter.record().timestamp()));
        line("from", LetterPrinter.from(letter.origin().orElse(null)));
        letter.failures().forEach(this::print);
        letter.record().headers().forEach(this::print);
        line("key", Letter.text(letter.record().key()));
        block("value", letter.copied() ? Letter.pretty(letter.record().value())
                : "(not copied" + letter.valueOmitted().map(bytes -> ", " + bytes + " bytes: too large").orElse("")
                        + ": --fetch-original reads the original)");
    }

    private void printOriginal(TopicReader reader, Letter letter) {
        ConsumerRecord<byte[], byte[]> original = original(reader, letter).orElseThrow(() -> new Failure(
                "The original is gone: " + LetterPrinter.from(letter.origin().orElse(null)) + " no longer exists."));
        line("original", LetterPrinter.from(letter.origin().orElse(null)) + ", "
                + Instant.ofEpochMilli(original.timestamp()));
        original.headers().forEach(this::print);
        line("key", Letter.text(original.key()));
        block("value", Letter.pretty(original.value()));
    }

    private void print(ReportedFailure failure) {
        line("failed", failure.described().entrySet().stream()
                .filter(one -> !one.getKey().equals("stacktrace"))
                .map(one -> (one.getKey().equals("family") ? "headers as written by" : one.getKey()) + " "
                        + one.getValue()).collect(Collectors.joining(", ")));
    }

    private void print(Header header) {
        String text = ErrorHeaders.readable(header);
        if (header.key().endsWith("stacktrace")) {
            block(header.key(), text.replace("\t", "    "));
        } else {
            line(header.key(), text);
        }
    }

    private void line(String name, String value) {
        out().println(bold(safe(name)) + (value.isEmpty() ? "" : "  " + safe(value)));
    }

    private void block(String name, String lines) {
        line(name, "");
        lines.lines().forEach(line -> out().println("    " + safe(line)));
    }

    private String safe(String text) {
        return raw ? text : Printable.whole(text);
    }
}
