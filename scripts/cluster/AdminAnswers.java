package cluster;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;

/** Waits for the answers to admin requests. */
final class AdminAnswers {
    static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private AdminAnswers() {
    }

    /** @throws ClusterFailure if the cluster does not answer in time, or refuses */
    static <T> T get(Cluster cluster, KafkaFuture<T> future) {
        try {
            return get(future, LONGEST_WAIT);
        } catch (KafkaException e) {
            throw KafkaErrors.meaning(cluster, e);
        }
    }

    /** The same, for callers that handle some of Kafka's own exceptions. */
    static <T> T get(KafkaFuture<T> future, Duration patience) {
        try {
            return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        } catch (java.util.concurrent.TimeoutException e) {
            throw new TimeoutException(e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
