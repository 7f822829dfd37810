package story;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;

/** Looks at something again and again during a story; while Kafka is away there is nothing to see. */
final class Sampler implements AutoCloseable {
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    Sampler(Duration interval, Runnable look) {
        thread = Thread.ofPlatform().daemon().name("sampler").start(() -> {
            try {
                while (!closed.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
                    try {
                        look.run();
                    } catch (KafkaException | IllegalStateException e) {
                        continue; // Kafka is away
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Returns when the last look is over, or Kafka does not answer it. */
    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
