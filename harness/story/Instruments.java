package story;

import java.time.Duration;
import org.apache.kafka.common.KafkaException;

/** Looks at something again and again while a story is told. */
final class Instruments {
    private Instruments() {
    }

    /** Runs a look in a thread of its own, until {@link #stop}. While Kafka is away there is nothing to see. */
    static Thread every(Duration interval, Runnable look) {
        return Thread.ofPlatform().daemon().name("sampler").start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    look.run();
                    Thread.sleep(interval);
                } catch (InterruptedException e) {
                    return;
                } catch (KafkaException | IllegalStateException e) {
                    if (e.getCause() instanceof InterruptedException || Thread.interrupted()) {
                        return;
                    }
                }
            }
        });
    }

    /** @param thread null if there is none */
    static void stop(Thread thread) {
        if (thread == null) {
            return;
        }
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void sleep(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }
}
