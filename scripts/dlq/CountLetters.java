package dlq;

import cli.ExitCode;
import cli.Failure;
import cli.Printable;
import cli.ProgressBar;
import cluster.TopicReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import messages.Json;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How many, by exception, reason, origin and hour. */
@Command(name = "stats", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Counts dead letters by exception, reason, origin and hour.",
        footer = "  ./jbang scripts/DlqInspector.java stats --top 3")
public final class CountLetters extends DlqCommand {
    private static final String DEFAULT_TOP = "10";
    private static final String DEFAULT_FORMAT = "table";
    private static final int BAR = 30;

    enum Format { table, json }

    @Mixin
    private LetterFilter filter;

    @Option(names = "--partition", paramLabel = "P", description = "Only those in this partition.")
    private void partition(int partition) {
        filter.onlyPartition(partition);
    }

    @Option(names = "--top", defaultValue = DEFAULT_TOP, paramLabel = "N",
            description = "How many of each to print in the table (default: ${DEFAULT-VALUE}).")
    private int top;

    @Option(names = "--format", defaultValue = DEFAULT_FORMAT, paramLabel = "table|json",
            description = "A table, or one JSON object (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Override
    protected Integer run(Admin admin) {
        if (top < 0) {
            throw new Failure(ExitCode.USAGE, "--top has to be 0 or more.");
        }
        Tally tally = new Tally();
        boolean complete;
        try (var stop = new Stop(); TopicReader reader = reader()) {
            Map<TopicPartition, Long> ends = reader.ends(filter.partitions(reader.partitions(topic)));
            Map<TopicPartition, Long> begins = reader.beginnings(ends.keySet());
            try (ProgressBar progress = new ProgressBar("counting", new OffsetRange(begins, ends).size())) {
                reader.read(begins, ends, stop::asked, record -> {
                    Letter letter = Letter.of(record);
                    if (filter.test(letter)) {
                        tally.add(letter);
                    }
                    progress.step();
                });
            }
            complete = !stop.asked();
        }
        if (format == Format.json) {
            out().println(Printable.whole(new String(Json.bytes(json(tally, complete)), StandardCharsets.UTF_8)));
        } else {
            print(tally, complete);
        }
        return ExitCode.OK.code();
    }

    private Map<String, Object> json(Tally tally, boolean complete) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("topic", topic);
        json.put("complete", complete);
        json.put("dead_letters", tally.letters());
        json.put("oldest", tally.letters() == 0 ? null : tally.oldest().toString());
        json.put("newest", tally.letters() == 0 ? null : tally.newest().toString());
        tally.counts().forEach((what, counts) -> json.put("by_" + what, counts));
        return json;
    }

    private void print(Tally tally, boolean complete) {
        out().printf("%s%,d dead letter%s in %s%n", complete ? "" : "stopped after ", tally.letters(),
                tally.letters() == 1 ? "" : "s", topic);
        if (tally.letters() == 0) {
            return;
        }
        out().printf("oldest %s (%s), newest %s (%s)%n", tally.oldest(), age(tally.oldest()), tally.newest(),
                age(tally.newest()));
        tally.counts().forEach((what, counts) -> {
            out().printf("%n%s%n", bold("BY " + what.toUpperCase()));
            long most = counts.values().stream().mapToLong(n -> n).max().orElse(1);
            counts.entrySet().stream().limit(top).forEach(count -> out().printf("%,12d %5.1f %%  %-30s  %s%n",
                    count.getValue(), 100.0 * count.getValue() / tally.letters(),
                    "#".repeat((int) Math.ceilDiv(BAR * count.getValue(), most)), Printable.of(count.getKey())));
            if (counts.size() > top) {
                out().printf("%12s %d more; --top %d shows them%n", "", counts.size() - top, counts.size());
            }
        });
    }

    private static String age(Instant time) {
        Duration age = Duration.between(time, Instant.now());
        return age.toDays() > 1 ? age.toDays() + " days ago"
                : age.toHours() > 1 ? age.toHours() + " hours ago" : age.toMinutes() + " min ago";
    }
}
