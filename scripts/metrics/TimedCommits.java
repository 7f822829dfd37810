package metrics;

import consumer.CommitPolicy;
import consumer.Handled;
import consumer.Report;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Measures how long it takes to write a batch and to commit its offsets, if they are committed. */
final class TimedCommits implements CommitPolicy {
    private final CommitPolicy policy;
    private final Report report;
    private final Consumer<Duration> took;

    TimedCommits(CommitPolicy policy, Report report, Consumer<Duration> took) {
        this.policy = policy;
        this.report = report;
        this.took = took;
    }

    @Override
    public void commit(List<Handled> batch) {
        time(() -> policy.commit(batch));
    }

    @Override
    public void finish(List<Handled> rest) {
        time(() -> policy.finish(rest));
    }

    private void time(Runnable commit) {
        long before = report.commits();
        long started = System.nanoTime();
        commit.run();
        if (report.commits() > before) {
            took.accept(Duration.ofNanos(System.nanoTime() - started));
        }
    }

    @Override
    public void close() {
        policy.close();
    }
}
