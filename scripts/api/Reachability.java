package api;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;

/** Whether a broker answers. Requests that ask at the same time share one probe, and its "no" holds for a while. */
final class Reachability {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration NO_HOLDS = Duration.ofMillis(500);

    private final Admin admin;
    private CompletableFuture<Boolean> probe = CompletableFuture.completedFuture(true);
    private long noAt; // when a probe failed; 0 if the last one did not

    Reachability(Admin admin) {
        this.admin = admin;
    }

    /** Asks a broker, for two seconds at most. */
    boolean ask() {
        return probe().join();
    }

    private synchronized CompletableFuture<Boolean> probe() {
        boolean no = noAt != 0 && System.nanoTime() - noAt < NO_HOLDS.toNanos();
        if (probe.isDone() && !no) {
            probe = begin();
        }
        return probe;
    }

    private CompletableFuture<Boolean> begin() {
        int limit = (int) PATIENCE.toMillis();
        CompletableFuture<Boolean> answered = new CompletableFuture<>(); // Kafka's own cannot be given up
        admin.describeCluster(new DescribeClusterOptions().timeoutMs(limit)).clusterId()
                .whenComplete((id, failure) -> answered.complete(failure == null));
        return answered.completeOnTimeout(false, limit, TimeUnit.MILLISECONDS).thenApply(this::noted);
    }

    private synchronized boolean noted(boolean answered) {
        noAt = answered ? 0 : Math.max(1, System.nanoTime());
        return answered;
    }
}
