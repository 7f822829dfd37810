package soak;

import history.Event.Invoked;
import history.Event.Unknown;
import history.History;
import history.History.Entry;
import history.Id;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lab.Lab;

/** What has to happen now and then: a run in which it did not is too easy, and proves little. */
public enum Sometimes {
    UNKNOWN_ANSWERS("unknown answers"), RESENDS("resends by clients"), REDELIVERIES("redeliveries"),
    LEDGER_HITS("ledger hits"), ABORTED("records of aborted transactions"),
    REBALANCES("rebalances with work in flight"), FENCED("fenced producers");

    private static final int SHORT_S = 240; // the rare ones may not happen in less
    private static final Pattern PLACE = Pattern.compile("(order-events-\\w+-\\d+)@(\\d+)");
    private static final Pattern PARTITION = Pattern.compile("order-events-\\w+-\\d+");
    private static final Pattern FINISHED = Pattern.compile("processed order|skipped order|dead-lettered");
    private static final Pattern IS_FENCED = Pattern.compile("transaction (?:not committed|given up).*(?:"
            + "newer producer|fenced|metadata mismatch|epoch|generation|not the active member|not aware of this member)"
            + "|opens another: ");

    private final String text;

    Sometimes(String text) {
        this.text = text;
    }

    /** Whether a run of this kind has to have it: those that are rare only a longer one. */
    boolean isAskedOf(Mode mode, int seconds) {
        return switch (this) {
            case UNKNOWN_ANSWERS, RESENDS, LEDGER_HITS -> true;
            case REDELIVERIES, REBALANCES -> seconds >= SHORT_S;
            case ABORTED, FENCED -> seconds >= SHORT_S && mode.transactional();
        };
    }

    @Override
    public String toString() {
        return text;
    }

    /** Counts all: from the history, from what aborted transactions left in the topics, from the consumers' logs. */
    static Map<Sometimes, Long> count(History history, Lab lab) throws IOException {
        Map<Sometimes, Long> counts = new EnumMap<>(Sometimes.class);
        Stream.of(values()).forEach(one -> counts.put(one, 0L));
        inHistory(history, counts);
        for (String topic : List.of(lab.outcomes, lab.dlq)) {
            counts.merge(ABORTED, (long) lab.kafka().uncommittedRecords(topic).size()
                    - lab.kafka().visibleRecords(topic).size(), Long::sum);
        }
        Map<String, BitSet> received = new HashMap<>();
        try (Stream<Path> files = Files.list(lab.folder())) {
            for (Path log : files.filter(isLog()).toList()) {
                inLog(log, received, counts);
            }
        }
        return counts;
    }

    private static Predicate<Path> isLog() {
        return file -> file.getFileName().toString().matches("OrderConsumer-\\d+\\.err");
    }

    private static void inHistory(History history, Map<Sometimes, Long> counts) {
        Map<Long, Invoked> attempts = new HashMap<>();
        Set<Id> ids = new HashSet<>();
        for (Entry entry : history.entries()) {
            if (entry.event() instanceof Invoked invoked && invoked.writer().startsWith("api-")) {
                attempts.put(entry.index(), invoked);
                if (!ids.add(invoked.id())) {
                    counts.merge(RESENDS, 1L, Long::sum);
                }
            } else if (entry.event() instanceof Unknown answer && attempts.containsKey(answer.attempt())) {
                counts.merge(UNKNOWN_ANSWERS, 1L, Long::sum);
            }
        }
    }

    /** @param received by any consumer, of each partition */
    private static void inLog(Path log, Map<String, BitSet> received, Map<Sometimes, Long> counts) throws IOException {
        Map<String, Set<String>> unfinished = new HashMap<>(); // offsets by partition
        try (Stream<String> lines = Files.lines(log)) {
            lines.forEach(line -> {
                Matcher place = PLACE.matcher(line);
                if (line.contains(" received ") && place.find()) {
                    BitSet offsets = received.computeIfAbsent(place.group(1), each -> new BitSet());
                    int offset = Integer.parseInt(place.group(2));
                    counts.merge(REDELIVERIES, offsets.get(offset) ? 1L : 0L, Long::sum);
                    offsets.set(offset);
                    unfinished.computeIfAbsent(place.group(1), each -> new HashSet<>()).add(place.group(2));
                } else if (FINISHED.matcher(line).find() && place.find()) {
                    unfinished.computeIfAbsent(place.group(1), each -> new HashSet<>()).remove(place.group(2));
                    counts.merge(LEDGER_HITS, line.contains("skipped order") ? 1L : 0L, Long::sum);
                } else if (line.contains(" gives up ") || line.contains(" lost ")) {
                    boolean busy = PARTITION.matcher(line.replaceFirst(", keeps .*", "")).results()
                            .map(found -> unfinished.remove(found.group())).toList().stream()
                            .anyMatch(left -> left != null && !left.isEmpty());
                    counts.merge(REBALANCES, busy ? 1L : 0L, Long::sum);
                } else if (IS_FENCED.matcher(line).find()) {
                    counts.merge(FENCED, 1L, Long::sum);
                }
            });
        }
    }
}
