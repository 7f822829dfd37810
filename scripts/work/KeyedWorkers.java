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
import java.util.function.BooleanSupplier;
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

    /** By key, while a task of that key runs. */
    private final ConcurrentHashMap<Object, Queue<Runnable>> waiting = new ConcurrentHashMap<>();

    private final Set<Call> running = ConcurrentHashMap.newKeySet();
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
            try {
                next[0].run();
            } catch (Throwable e) { // not its message, which might be what throws
                LOG.error("a task threw a {}, and should not: its key goes on", e.getClass().getName());
            } finally {
                waiting.compute(key, (k, queue) -> {
                    next[0] = queue.poll();
                    return next[0] == null ? null : queue;
                });
            }
        }
    }

    /**
     * Runs a task in this thread, which holds a slot meanwhile; one that waits for a retry holds none.
     *
     * @throws Exception what the task throws
     */
    public <T> T inSlot(Callable<T> task) throws Exception {
        slots.acquireUninterruptibly();
        try {
            return task.call();
        } finally {
            slots.release();
        }
    }

    /** Something that a handler does. */
    @FunctionalInterface
    public interface Task {
        void run() throws Exception;
    }

    /**
     * Calls a handler in this thread, and interrupts it if it takes longer than the limit, or is not wanted any more.
     * Blocking calls of the JDK then end; a handler that ignores the interrupt keeps its slot and its key, and the log
     * says so.
     *
     * @param what     the record that is being handled, for the log
     * @param unwanted whether the result would be ignored
     * @throws TransientFailure if it took longer than the limit, and failed, in whatever way: the interrupt may have
     *                          become any other exception
     * @throws Exception what the handler throws
     */
    public void call(Task handler, Object what, BooleanSupplier unwanted) throws Exception {
        Call call = new Call(what, unwanted, Thread.currentThread(), System.nanoTime() + limit.toNanos());
        running.add(call);
        try {
            handler.run();
        } catch (Throwable e) {
            if (call.overdue) {
                throw new TransientFailure("not handled within " + limit.toMillis() + " ms", e);
            }
            throw e;
        } finally {
            running.remove(call);
            call.end();
        }
    }

    private void watch() {
        try {
            while (!closed.await(WATCH.toMillis(), TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                running.forEach(call -> call.interruptIfDue(now));
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
    private static final class Call {
        private final Object what;
        private final BooleanSupplier unwanted;
        private final Thread thread;
        private final long deadline;
        private final Reminder reminder = new Reminder();
        private boolean over;
        private boolean interrupted;
        private volatile boolean overdue;

        Call(Object what, BooleanSupplier unwanted, Thread thread, long deadline) {
            this.what = what;
            this.unwanted = unwanted;
            this.thread = thread;
            this.deadline = deadline;
        }

        synchronized void interruptIfDue(long now) {
            boolean late = now - deadline > 0;
            if (over || !late && !unwanted.getAsBoolean() || !reminder.isDue()) {
                return;
            }
            if (interrupted) {
                LOG.error("the handler of {} hangs and ignores its interrupt", what);
            }
            interrupted = true;
            overdue |= late;
            thread.interrupt();
        }

        synchronized void end() {
            over = true;
            Thread.interrupted(); // a late interrupt, or the handler's own, must not hit the next task of this thread
        }
    }
}
