package work;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import messages.TransientFailure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks on virtual threads: those of one key one after the other, in the order in which they came, those of
 * different keys in parallel, at most {@code concurrency} at a time.
 */
public final class KeyedWorkers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KeyedWorkers.class);
    private static final Duration WATCH = Duration.ofMillis(100);
    private static final Duration REMIND = Duration.ofSeconds(5);

    /** By key, while a task of that key runs. */
    private final ConcurrentHashMap<Object, Queue<Runnable>> waiting = new ConcurrentHashMap<>();

    private final Set<Attempt> running = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Semaphore slots;
    private final Duration limit;

    /** @param limit for how long a handler may run */
    public KeyedWorkers(int concurrency, Duration limit) {
        this.slots = new Semaphore(concurrency, true);
        this.limit = limit;
        Thread.ofPlatform().daemon().name("watch").start(this::watch);
    }

    /** Runs the task after all earlier ones of the same key. Never blocks: the caller bounds what it submits. */
    public void submit(Object key, Runnable task) {
        waiting.compute(key, (k, queue) -> {
            if (queue != null) {
                queue.add(task);
                return queue;
            }
            Thread.ofVirtual().name("worker").start(() -> runAll(key, task));
            return new ArrayDeque<>();
        });
    }

    private void runAll(Object key, Runnable first) {
        Runnable[] next = {first};
        while (next[0] != null) {
            next[0].run();
            waiting.compute(key, (k, queue) -> {
                next[0] = queue.poll();
                return next[0] == null ? null : queue;
            });
        }
    }

    /**
     * Calls a handler in this thread, which holds a slot meanwhile; a task that waits for a retry holds none.
     *
     * @param what the record that is being handled, for the log
     * @throws TransientFailure if it took longer than the limit, and ended when it was interrupted. Blocking calls of
     *                          the JDK do; a handler that ignores the interrupt keeps its slot and its key, and the log
     *                          says so.
     * @throws Exception what the handler throws
     */
    public <T> T inSlot(Callable<T> task, Object what) throws Exception {
        slots.acquire();
        Attempt attempt = new Attempt(what, Thread.currentThread(), System.nanoTime() + limit.toNanos());
        running.add(attempt);
        try {
            return task.call();
        } catch (InterruptedException e) {
            throw attempt.overdue ? new TransientFailure("not handled within " + limit.toMillis() + " ms") : e;
        } finally {
            running.remove(attempt);
            attempt.end();
            slots.release();
        }
    }

    private void watch() {
        try {
            while (!closed.await(WATCH.toMillis(), TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                running.forEach(attempt -> attempt.interruptIfOverdue(now));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops watching for handlers that hang. */
    @Override
    public void close() {
        closed.countDown();
    }

    /** One call of a handler. */
    private static final class Attempt {
        private final Object what;
        private final Thread thread;
        private long deadline;
        private boolean over;
        private boolean overdue;

        Attempt(Object what, Thread thread, long deadline) {
            this.what = what;
            this.thread = thread;
            this.deadline = deadline;
        }

        synchronized void interruptIfOverdue(long now) {
            if (!over && now - deadline > 0) {
                if (overdue) {
                    LOG.error("the handler of {} hangs and ignores its interrupt", what);
                }
                overdue = true;
                deadline = now + REMIND.toNanos();
                thread.interrupt();
            }
        }

        synchronized void end() {
            over = true;
            if (overdue) {
                Thread.interrupted(); // a late interrupt must not hit the next task of this thread
            }
        }
    }
}
