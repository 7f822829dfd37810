package dlq;

import cli.ExitCode;
import cli.Failure;
import cluster.TopicReader;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One line for each dead letter, or one JSON object. */
@Command(name = "list", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Lists dead letters, one per line.",
        footer = "  ./jbang scripts/DlqInspector.java list --since 1h")
public final class ListLetters extends DlqCommand {
    private static final String DEFAULT_FORMAT = "table";
    private static final int FIRST_LOOK = 100;

    @Mixin
    private LetterFilter filter;

    @Option(names = "--limit", paramLabel = "N", description = "Only the newest N.")
    private Integer limit;

    @Option(names = "--format", defaultValue = DEFAULT_FORMAT, paramLabel = "table|json|jsonl|csv",
            description = "A table, one JSON array, one JSON object per line, or comma-separated values "
                    + "(default: ${DEFAULT-VALUE}).")
    private LetterPrinter.Format format;

    @Option(names = "--follow", description = "Keep printing new dead letters, until Ctrl-C.")
    private boolean follow;

    @Option(names = "--raw", description = "Do not escape what terminals act upon (escape sequences, bidi marks).")
    private boolean raw;

    @Option(names = "--partition", paramLabel = "P", description = "Only those in this partition.")
    private void partition(int partition) {
        filter.onlyPartition(partition);
    }

    @Override
    protected Integer run(Admin admin) {
        if (limit != null && limit < 0 || follow && format == LetterPrinter.Format.json) {
            throw new Failure(ExitCode.USAGE, follow ? "--follow never ends, so that --format json cannot end its "
                    + "array: take jsonl."
                    : "--limit has to be 0 or more.");
        }
        boolean complete;
        LetterPrinter printer = new LetterPrinter(format, out(), this::bold, raw);
        try (var stop = new Stop(); TopicReader reader = reader()) {
            Map<TopicPartition, Long> ends = reader.ends(filter.partitions(reader.partitions(topic)));
            if (limit == null) {
                reader.readAll(ends, stop::asked, record -> print(record, printer));
            } else {
                newest(reader, ends, stop::asked).forEach(printer::print);
            }
            complete = follow || !stop.asked();
            if (follow) {
                out().flush();
                Map<TopicPartition, Long> never = new HashMap<>();
                ends.keySet().forEach(partition -> never.put(partition, Long.MAX_VALUE));
                reader.read(ends, never, stop::asked, record -> {
                    print(record, printer);
                    out().flush();
                });
            }
        }
        printer.end(topic, complete);
        return ExitCode.OK.code();
    }

    private void print(ConsumerRecord<byte[], byte[]> record, LetterPrinter printer) {
        Letter letter = Letter.of(record);
        if (filter.test(letter)) {
            printer.print(letter);
        }
    }

    /** From the ends of the partitions backwards, in ever larger steps, until each has enough. */
    private List<Letter> newest(TopicReader reader, Map<TopicPartition, Long> ends, BooleanSupplier stopped) {
        Map<TopicPartition, Long> begins = reader.beginnings(ends.keySet());
        Map<TopicPartition, Deque<Letter>> found = new HashMap<>();
        ends.keySet().forEach(partition -> found.put(partition, new ArrayDeque<>()));
        Map<TopicPartition, Long> to = new HashMap<>(ends);
        for (long step = Math.max(limit, FIRST_LOOK); !to.isEmpty() && !stopped.getAsBoolean(); step *= 4) {
            Map<TopicPartition, Long> from = new HashMap<>();
            for (Map.Entry<TopicPartition, Long> end : to.entrySet()) {
                from.put(end.getKey(), Math.max(begins.get(end.getKey()), end.getValue() - step));
            }
            Map<TopicPartition, Deque<Letter>> older = new HashMap<>();
            reader.read(from, to, stopped, record -> {
                Letter letter = Letter.of(record);
                if (filter.test(letter)) {
                    Deque<Letter> letters = older.computeIfAbsent(
                            new TopicPartition(topic, record.partition()), partition -> new ArrayDeque<>());
                    letters.addLast(letter);
                    if (letters.size() > limit) {
                        letters.removeFirst();
                    }
                }
            });
            older.forEach((partition, letters) -> {
                while (!letters.isEmpty() && found.get(partition).size() < limit) {
                    found.get(partition).addFirst(letters.removeLast());
                }
            });
            from.keySet().removeIf(partition -> from.get(partition) <= begins.get(partition)
                    || found.get(partition).size() >= limit);
            to = from;
        }
        List<Letter> all = found.values().stream().flatMap(Deque::stream)
                .sorted(Comparator.comparing(Letter::time)).toList();
        return all.subList(Math.max(0, all.size() - limit), all.size());
    }
}
