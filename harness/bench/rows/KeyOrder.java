package bench.rows;

import bench.Contender;
import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.Orders;
import bench.Outcomes;
import bench.Row;
import bench.Track;
import java.util.ArrayList;
import java.util.List;

/**
 * Ten thousand records of one partition, each with up to five milliseconds of waiting, in order by key. With one key,
 * only one is handled at a time; with many, as many as the concurrency allows. How close to that does it come?
 */
public final class KeyOrder implements Row {
    private static final int ORDERS = 10_000;
    private static final int MOST_WORK_MS = 5;
    private static final int CONCURRENCY = 100;

    @Override
    public String name() {
        return "key-order";
    }

    @Override
    public List<Figure> measure(Track track) {
        List<Figure> figures = new ArrayList<>();
        for (int keys : new int[] {1, 10, 100, 1_000}) {
            String label = keys + (keys == 1 ? " key" : " keys");
            int orders = track.scaled(ORDERS);
            String topic = track.narrowTopic();
            Orders.load(track.bootstrap(), topic, orders, i -> "order-" + i % keys);
            String outcomes = track.outcomesOf(topic); // keys repeat here, and are not duplicates: --dedup none
            double rate = rate(track, orders, outcomes, track.consumer(label, topic, outcomes, "0-" + MOST_WORK_MS,
                    "--concurrency", String.valueOf(CONCURRENCY), "--dedup", "none"));
            double possible = Math.min(keys, CONCURRENCY) * 1000.0 / (MOST_WORK_MS / 2.0);
            figures.add(new Figure(name(), label, rate, "orders/s", new Limit("handled at a time / time", possible),
                    keys < CONCURRENCY ? Asked.share(0.6) : Asked.NOTHING)); // with more keys the CPU is the limit
        }
        return figures;
    }

    private static double rate(Track track, int orders, String outcomes, Contender contender) {
        try (contender) {
            contender.until(orders);
            double rate = Outcomes.of(track.bootstrap(), outcomes).rate();
            track.say("%,.0f orders/s from the first outcome to the last".formatted(rate));
            return rate;
        }
    }
}
