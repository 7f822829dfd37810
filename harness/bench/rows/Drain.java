package bench.rows;

import bench.Contender;
import bench.Contender.Rates;
import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.Row;
import bench.Track;
import java.util.ArrayList;
import java.util.List;

/**
 * How fast is a backlog of orders processed, with no simulated work? What do the ledger, retries, dead letters, order
 * by key and commits cost, compared with a loop that has none of them? All contenders read the same topic.
 */
public final class Drain implements Row {
    private static final int ORDERS = 1_200_000;
    private static final int ORDERS_ONE_BY_ONE = 20_000;

    @Override
    public String name() {
        return "drain";
    }

    @Override
    public List<Figure> measure(Track track) {
        int orders = track.scaled(ORDERS);
        String topic = track.loaded(orders);
        List<Rates> bares = new ArrayList<>();
        List<Rates> manuals = new ArrayList<>();
        List<Rates> transactionals = new ArrayList<>();
        for (int round = 0; round < track.rounds(); round++) {
            bares.add(bare("bare loop", track, topic).drain(orders));
            manuals.add(consumer("manual", track, topic, "--commit", "manual").drain(orders));
            transactionals.add(consumer("transactional", track, topic, "--commit", "transactional").drain(orders));
        }
        Rates bare = Rates.median(bares);
        Rates manual = Rates.median(manuals);
        Rates transactional = Rates.median(transactionals);
        Rates naive = bare("naive loop", track, topic, "--per-record").drain(track.scaled(ORDERS_ONE_BY_ONE));
        return List.of(
                figure("manual", manual.warm(), "bare loop", bare.warm(), Asked.share(0.95)),
                figure("manual", manual.warm(), "naive loop", naive.warm(), Asked.times(40)),
                figure("transactional", transactional.warm(), "manual", manual.warm(), Asked.share(0.85)),
                Figure.cpu(name(), "manual", manual.cpu(), "bare loop", bare.cpu()),
                Figure.cpu(name(), "transactional", transactional.cpu(), "bare loop", bare.cpu()),
                figure("manual, cold", manual.cold(), "bare loop, cold", bare.cold(), Asked.NOTHING),
                figure("transactional, cold", transactional.cold(), "bare loop, cold", bare.cold(), Asked.NOTHING));
    }

    private static Contender bare(String name, Track track, String topic, String... options) {
        return track.contender(name, "BareLoop", topic, track.outcomesOf(topic), options);
    }

    private static Contender consumer(String name, Track track, String topic, String... options) {
        return track.consumer(name, topic, track.outcomesOf(topic), "0", options);
    }

    private Figure figure(String what, double rate, String limit, double limitRate, Asked asked) {
        return new Figure(name(), what, rate, "orders/s", new Limit(limit, limitRate), asked);
    }
}
