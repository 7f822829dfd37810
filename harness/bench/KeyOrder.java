package bench;

import bench.Figure.Asked;
import bench.Figure.Limit;
import java.util.ArrayList;
import java.util.List;

/**
 * The Parallel Consumer's own benchmark: ten thousand records of one partition, each with up to five milliseconds of
 * waiting, in order by key, with few keys and with many. How does the order consumer compare?
 */
public final class KeyOrder implements Row {
    private static final int ORDERS = 10_000;
    private static final int MOST_WORK_MS = 5;
    private static final String CONCURRENCY = "100";

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
            String peers = track.outcomesOf(topic);
            double peer = rate(track, orders, peers, track.contender(label + ", Parallel Consumer",
                    "ParallelConsumerLoop", topic, peers, "--work-ms", "0-" + MOST_WORK_MS,
                    "--concurrency", CONCURRENCY));
            String ours = track.outcomesOf(topic); // keys repeat here, but are not duplicates: --dedup none
            double our = rate(track, orders, ours, track.consumer(label + ", order consumer", topic, ours,
                    "0-" + MOST_WORK_MS, "--concurrency", CONCURRENCY, "--dedup", "none"));
            figures.add(new Figure(name(), label, our, "orders/s",
                    new Limit("Parallel Consumer", peer), Asked.times(keys < 100 ? 1.0 : 1.2)));
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
