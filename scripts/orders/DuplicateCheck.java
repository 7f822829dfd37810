package orders;

import java.util.Arrays;

/**
 * The outcomes of orders that were sent several times each; also written as JSON.
 *
 * @param recordsAdded  how many records the topic of orders has gained meanwhile
 * @param orderIds      how many order_ids these orders had in all: as many as orders, if all is well
 * @param httpRetries   requests that were sent again because there was no answer
 * @param sentPerSecond copies acknowledged per second; p50Ms and p99Ms are how long one took
 * @param held          whether each order has exactly one outcome
 */
public record DuplicateCheck(String runId, int orders, int copies, long recordsAdded, int orderIds, long oneOutcome,
        long noOutcome, long severalOutcomes, int httpRetries, long sentPerSecond, double p50Ms, double p99Ms,
        boolean held) {

    /**
     * @param nanos how long each copy took, in any order
     * @param tookMs how long they took together
     */
    public static DuplicateCheck of(String runId, int orders, int copies, long recordsAdded, OutcomeCounts outcomes,
            int httpRetries, long[] nanos, long tookMs) {
        long one = outcomes.with(1);
        long none = outcomes.with(0);
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return new DuplicateCheck(runId, orders, copies, recordsAdded, outcomes.orders(), one, none,
                outcomes.orders() - one - none, httpRetries, Math.round(sorted.length * 1e3 / Math.max(1, tookMs)),
                ms(sorted[sorted.length / 2]), ms(sorted[(int) (sorted.length * 0.99)]),
                one == orders && outcomes.orders() == orders);
    }

    private static double ms(long nanos) {
        return Math.round(nanos / 1e5) / 10.0;
    }

    /**
     * Three lines for people.
     *
     * @param topic of the orders
     */
    public String text(boolean http, String topic) {
        return String.format("sent %s %s each via %s: %d/s, p50 %.1f ms, p99 %.1f ms%s%n"
                        + "%s added %s to %s%n"
                        + "%s: %d with exactly one outcome, %d with none, %d with several",
                count(orders, "order"), count(copies, "time"), http ? "http" : "topic", sentPerSecond, p50Ms, p99Ms,
                http ? ", " + httpRetries + " HTTP retries" : "", count((long) orders * copies, "request"),
                count(recordsAdded, "record"), topic, count(orderIds, "order"), oneOutcome, noOutcome,
                severalOutcomes);
    }

    private static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
