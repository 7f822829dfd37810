package orders;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Runs tasks on virtual threads: those of one key one after the other in the order they came, those of different keys
 * side by side, at most {@code concurrency} at a time.
 */
public final class KeyedWorkers {
    /** By key, while a task of that key runs. */
    private final ConcurrentHashMap<Object, Queue<Runnable>> waiting = new ConcurrentHashMap<>();

    private final Semaphore slots;

    public KeyedWorkers(int concurrency) {
        slots = new Semaphore(concurrency, true);
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
     * Takes one of the slots for the time of the call. A task holds one while it works, and none while it waits to
     * retry.
     */
    public <T> T inSlot(Attempt<T> attempt) throws Exception {
        slots.acquire();
        try {
            return attempt.run();
        } finally {
            slots.release();
        }
    }

    /** Something that may fail. */
    @FunctionalInterface
    public interface Attempt<T> {
        T run() throws Exception;
    }
}
