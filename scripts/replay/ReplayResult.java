package replay;

import cli.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import replay.Decision.Action;
import replay.Sending.Written;

/** What a replay did: how many dead letters were sent, and which were not. It also keeps the audit log. */
public final class ReplayResult implements AutoCloseable {
    private static final int NAMED = 10;

    private final AuditLog audit;
    private final Map<Action, Long> counts = new EnumMap<>(Action.class);
    private final List<String> gone = new ArrayList<>();

    public ReplayResult(AuditLog audit) {
        this.audit = audit;
    }

    /** Adds what was sent. */
    public void add(List<Written> written) {
        written.forEach(one -> {
            audit.note(one.letter(), one.at());
            count(one.letter().decision());
        });
    }

    /** Adds what is not sent. */
    public void addUnsent(Outgoing one) {
        Decision decision = one.decision();
        if (decision.action() == Action.GONE || decision.action() == Action.SKIPPED) {
            audit.note(one, null);
        }
        if (decision.action() == Action.GONE) {
            gone.add(decision.letter().at());
        }
        count(decision);
    }

    private void count(Decision decision) {
        counts.merge(decision.action(), 1L, Long::sum);
    }

    public long count(Action action) {
        return counts.getOrDefault(action, 0L);
    }

    /** How many, sent or not. */
    public long total() {
        return counts.values().stream().mapToLong(n -> n).sum();
    }

    /** Says how many were replayed. */
    public void print(PrintWriter out, ReplayPlan plan, ReplayProgress progress) {
        if (plan.toSend() > 0) {
            out.println("replayed " + count(Action.REPLAYED) + " of " + plan.count(Action.REPLAYED)
                    + (count(Action.QUARANTINED) == 0 ? "" : ", quarantined " + count(Action.QUARANTINED))
                    + "; the progress is in group " + progress.group());
        }
    }

    /** Which originals are gone, in a sentence. */
    public Optional<String> gone() {
        return gone.isEmpty() ? Optional.empty() : Optional.of(gone.size() + " could not be replayed because their "
                + "originals are gone: " + gone.stream().limit(NAMED).collect(Collectors.joining(", "))
                + (gone.size() > NAMED ? ", …" : ""));
    }

    /** @throws Failure if some were to be replayed and were not: says what to do about it */
    public void check() {
        List<String> left = new ArrayList<>();
        if (count(Action.NO_ORIGIN) > 0) {
            left.add(count(Action.NO_ORIGIN) + " not replayed because their headers name no origin: --without-origin "
                    + "--to TOPIC sends them");
        }
        if (count(Action.NOT_COPIED) > 0) {
            left.add(count(Action.NOT_COPIED) + " not replayed because the value was not copied: --not-copied "
                    + "--fetch-original sends them");
        }
        gone().ifPresent(left::add);
        if (!left.isEmpty()) {
            throw new Failure(String.join("; ", left) + ".");
        }
    }

    /** Closes the audit log; the counts remain. */
    @Override
    public void close() throws IOException {
        audit.close();
    }
}
