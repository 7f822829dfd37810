package history;

import history.Anomaly.Kind;
import history.Event.Accepted;
import history.Event.DeadLetter;
import history.Event.Fate;
import history.Event.Record;
import history.Operation.State;
import java.util.List;
import java.util.stream.Stream;

/** What is wrong with what was written, beside what was answered. What each name means says {@link Kind}. */
final class WriteRules {
    private final Facts facts;

    WriteRules(Facts facts) {
        this.facts = facts;
    }

    Stream<Anomaly> lost() {
        return facts.operations().stream().filter(facts::isLost).map(operation -> {
            List<Accepted> answers = operation.accepted().toList();
            Record seen = facts.seen(operation.id());
            return answers.isEmpty()
                    ? anomaly(Kind.LOST, operation.id(), List.of(seen),
                            "%s was read at %s, and is not in the log", operation.id(), seen.place())
                    : anomaly(Kind.LOST, operation.id(), answers, "%s was accepted%s, and is not in the log",
                            operation.id(), answers.getFirst().place() == null ? "" : " at "
                                    + answers.getFirst().place());
        });
    }

    Stream<Anomaly> moved() {
        return facts.operations().stream().filter(operation -> !facts.records(operation.id()).isEmpty())
                .flatMap(operation -> operation.accepted()
                        .filter(answer -> answer.place() != null && !isAt(operation.id(), answer.place()))
                        .map(answer -> {
                            Record there = facts.record(answer.place());
                            return anomaly(Kind.MOVED, operation.id(),
                                    Stream.concat(Stream.of(answer), Stream.ofNullable(there)).toList(),
                                    "%s was accepted at %s, but there is %s; it is at %s", operation.id(),
                                    answer.place(), there == null ? "nothing" : there.id(),
                                    Checker.places(facts.records(operation.id())));
                        }));
    }

    Stream<Anomaly> refusedButWritten() {
        return facts.operations().stream()
                .filter(operation -> operation.state() == State.FAILED && !facts.isTorn(operation))
                .filter(operation -> !facts.records(operation.id()).isEmpty())
                .map(operation -> anomaly(Kind.REFUSED_BUT_WRITTEN, operation.id(),
                        facts.records(operation.id()), "Every answer said that %s was not written, and it is at %s",
                        operation.id(), Checker.places(facts.records(operation.id()))));
    }

    Stream<Anomaly> duplicated() {
        return facts.operations().stream().filter(operation -> operation.state() != State.FAILED)
                .filter(operation -> facts.records(operation.id()).size() > operation.writers())
                .map(operation -> anomaly(Kind.DUPLICATED, operation.id(), facts.records(operation.id()),
                        "%s was given to %d writers and has %d records: at %s", operation.id(), operation.writers(),
                        facts.records(operation.id()).size(), Checker.places(facts.records(operation.id()))));
    }

    Stream<Anomaly> phantom() {
        return Stream.concat(
                facts.records().stream().filter(record -> facts.operation(record.id()) == null)
                        .map(record -> anomaly(Kind.PHANTOM, record.id(), List.of(record),
                                "%s is at %s, and nothing sent it", record.id(), record.place())),
                facts.fates().stream().filter(this::isOfNothing)
                        .map(fate -> anomaly(Kind.PHANTOM, fate.id(), List.of(fate),
                                "%s has %s at %s, and there is no such record%s", fate.id(), Checker.name(fate),
                                fate.place(), fate.source() == null ? "" : " at " + fate.source())));
    }

    Stream<Anomaly> torn() {
        return facts.transactions().entrySet().stream().filter(each -> facts.isTorn(each.getKey()))
                .map(each -> {
                    List<Record> there = each.getValue().stream()
                            .flatMap(one -> facts.records(one.id()).stream()).toList();
                    List<Id> ids = each.getValue().stream().map(Operation::id).toList();
                    List<Id> missing = ids.stream().filter(id -> facts.records(id).isEmpty()).toList();
                    return new Anomaly(Kind.TORN, "Transaction %s was read in part: %s is there, %s is not."
                            .formatted(each.getKey(), Checker.places(there), Checker.list(missing)), ids,
                            List.copyOf(there));
                });
    }

    private boolean isAt(Id id, Place place) {
        Record there = facts.record(place);
        return there != null && there.id().equals(id);
    }

    private boolean isOfNothing(Fate fate) {
        Record source = fate.source() == null ? null : facts.record(fate.source());
        if (source != null && (fate instanceof DeadLetter || source.id().equals(fate.id()))) {
            return false;
        }
        Operation operation = facts.operation(fate.id());
        boolean known = fate.source() == null ? !facts.records(fate.id()).isEmpty() : facts.removed(fate.source());
        return operation == null || !known && !facts.isLost(operation);
    }

    private static Anomaly anomaly(
            Kind kind, Id id, List<? extends Event> evidence, String sentence, Object... values) {
        return new Anomaly(kind, sentence.formatted(values) + ".", List.of(id), List.copyOf(evidence));
    }
}
