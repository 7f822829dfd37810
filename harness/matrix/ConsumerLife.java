package matrix;

import history.Allowed;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import lab.Running;
import story.Side;
import story.Verdict;

/**
 * A consumer of one order that succeeds, its duplicate, one that fails for good, and one that is retried. Its second
 * life finds one more.
 */
final class ConsumerLife extends Life {
    private static final int PARTITIONS = 1; // a ledger's restore takes some 25 requests
    private static final Duration SESSION = Duration.ofSeconds(6); // see Lab

    private final String commit;
    private String name;
    private Running consumer;
    private int sent;

    /** @param commit manual or transactional */
    ConsumerLife(Side side, String commit) {
        super(side);
        this.commit = commit;
    }

    @Override
    void prepare() {
        side.lab().kafka().createTopic(side.lab().events, PARTITIONS);
        side.send(List.of(side.order(0, "succeeds", "customer123"), side.order(0, "fails", "customerf"),
                side.order(0, "is-retried", "customerr"), side.order(0, "succeeds", "customer123")));
        sent = 4;
    }

    @Override
    Running start(String name, String bootstrap) {
        this.name = name;
        consumer = side.consumer(name, "--bootstrap-server", bootstrap, "--commit", commit, "--instance-id", "one",
                "--retry-backoff-ms", "50");
        return consumer;
    }

    @Override
    void goOn() {
        side.send(side.order(0, "comes-later", "customer123"));
        sent++;
    }

    @Override
    boolean isDone() {
        return side.lab().kafka().committed(side.lab().group, side.lab().events).values().stream()
                .mapToLong(Long::longValue).sum() == sent;
    }

    @Override
    void kill() {
        side.kill(name, consumer);
    }

    /** No ledger remembers dead letters: a crash before the commit repeats them. */
    @Override
    boolean repeats() {
        return side.lab().deadLetters().size() > 1;
    }

    @Override
    Verdict verdict() throws Exception {
        return side.verdict("", commit.equals("manual")
                ? Allowed.manual(LONGEST_WAIT, SESSION, Set.of(Lane.FIRST)) : Allowed.nothing(LONGEST_WAIT));
    }
}
