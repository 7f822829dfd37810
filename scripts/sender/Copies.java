package sender;

import cli.ProgressBar;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends several copies of each of many orders, many at a time, until one of them fails. */
public final class Copies {

    /** How a copy is sent. */
    @FunctionalInterface
    public interface Way {
        /** Sends an order, by its number from 0 on, and returns its order_id once it is acknowledged. */
        String send(int number) throws Exception;
    }

    /**
     * What was sent.
     *
     * @param orderIds those that the orders have
     * @param nanos    how long each copy took to be acknowledged, repeats included
     */
    public record Sent(Set<String> orderIds, long[] nanos) {
    }

    private Copies() {
    }

    /** Sends them; the copies of one order follow each other directly, so that they are sent at the same time. */
    public static Sent send(int orders, int copies, int concurrency, Way way) throws Exception {
        Sent sent = new Sent(ConcurrentHashMap.newKeySet(), new long[Math.multiplyExact(orders, copies)]);
        AtomicInteger next = new AtomicInteger();
        try (ProgressBar bar = new ProgressBar("sending", sent.nanos.length);
                ExecutorService threads = Executors.newFixedThreadPool(concurrency, Thread.ofVirtual().factory())) {
            var senders = new ExecutorCompletionService<Void>(threads);
            for (int i = 0; i < concurrency; i++) {
                senders.submit(() -> {
                    for (int copy = next.getAndIncrement(); copy < sent.nanos.length; copy = next.getAndIncrement()) {
                        long start = System.nanoTime();
                        sent.orderIds.add(way.send(copy / copies));
                        sent.nanos[copy] = System.nanoTime() - start;
                        bar.step();
                    }
                    return null;
                });
            }
            try {
                for (int i = 0; i < concurrency; i++) {
                    senders.take().get();
                }
            } finally {
                threads.shutdownNow(); // after a failure the others still send
            }
            return sent;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
