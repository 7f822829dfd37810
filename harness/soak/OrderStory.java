package soak;

import history.Anomaly;
import history.Event;
import history.Event.Answer;
import history.Event.Fault;
import history.Event.Invoked;
import history.FinalRead;
import history.History;
import history.History.Entry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All that is known of the orders that an anomaly is about, line by line, with the faults meanwhile. */
final class OrderStory {
    private static final long AROUND_NANOS = 15_000_000_000L;
    private static final int LONGEST = 40;

    private OrderStory() {
    }

    static List<String> of(Anomaly anomaly, History history, FinalRead read) {
        Set<String> names = anomaly.ids().stream().map(id -> id.name()).collect(Collectors.toSet());
        List<Entry> own = new ArrayList<>();
        Set<Long> attempts = new HashSet<>();
        for (Entry entry : history.entries()) {
            if (entry.event() instanceof Invoked invoked && names.contains(invoked.id().name())) {
                own.add(entry);
                attempts.add(entry.index());
            } else if (entry.event() instanceof Answer answer && attempts.contains(answer.attempt())) {
                own.add(entry);
            }
        }
        long from = own.isEmpty() ? 0 : own.getFirst().at() - AROUND_NANOS;
        long to = own.isEmpty() ? Long.MAX_VALUE : own.getLast().at() + AROUND_NANOS;
        Stream<Entry> faults = history.entries().stream().filter(entry -> entry.event() instanceof Fault)
                .filter(entry -> entry.at() >= from && entry.at() <= to);
        List<String> happened = Stream.concat(own.stream(), faults)
                .sorted((a, b) -> Long.compare(a.index(), b.index()))
                .map(entry -> "%9.3f s  %s".formatted(entry.at() / 1e9, text(entry.event()))).toList();
        Stream<String> there = Stream.concat(
                read.records().stream().filter(record -> names.contains(record.id().name()))
                        .map(record -> "there: record " + record.place() + ", " + record.id()),
                read.fates().stream().filter(fate -> names.contains(fate.id().name()))
                        .map(fate -> "there: " + (fate instanceof Event.Outcome ? "outcome " : "dead letter ")
                                + fate.place() + " of " + fate.source()));
        return Stream.concat(happened.stream().limit(LONGEST), there.limit(LONGEST)).toList();
    }

    private static String text(Event event) {
        return switch (event) {
            case Invoked invoked -> "sent by " + invoked.writer() + ": " + invoked.id();
            case Event.Accepted accepted -> "  accepted" + (accepted.place() == null ? "" : " at " + accepted.place());
            case Event.Refused refused -> "  refused: " + refused.said();
            case Event.Unknown unknown -> "  unknown: " + unknown.said();
            case Fault fault -> "-- " + fault.kind() + " " + fault.target()
                    + (fault.detail() == null ? "" : " (" + fault.detail() + ")");
            default -> event.toString();
        };
    }
}
