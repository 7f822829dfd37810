package bench.rows;

import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.Load;
import bench.Median;
import bench.Row;
import bench.StalledClients;
import bench.Track;
import java.util.ArrayList;
import java.util.List;
import lab.Api;

/** Do clients that begin a request and never finish it slow down the other clients? */
public final class ApiStalled implements Row {
    private static final int CONNECTIONS = 32;
    private static final int STALLED_EACH = 250;
    private static final double MOST_TIMES = 3;

    @Override
    public String name() {
        return "api-stalled";
    }

    @Override
    public List<Figure> measure(Track track) {
        Api api = track.orderApi(track.topic(), "--quiet");
        Load.warmUp(track, "order API", api, CONNECTIONS);
        List<Load> undisturbed = new ArrayList<>();
        List<Load> disturbed = new ArrayList<>();
        for (int round = 0; round < track.rounds(); round++) {
            undisturbed.add(Load.on(track, "order API", api, CONNECTIONS).clean());
            try (StalledClients stalled = new StalledClients(api.uri(), STALLED_EACH, STALLED_EACH)) {
                disturbed.add(Load.on(track, "order API with stalled clients", api, CONNECTIONS).clean());
                track.say("%,d stalled clients made %,d connections".formatted(
                        2 * STALLED_EACH, stalled.connections()));
            }
        }
        String label = "%,d stalled clients".formatted(2 * STALLED_EACH);
        return List.of(
                new Figure(name(), label + ", p99 of others", Median.of(disturbed, Load::p99), "ms",
                        new Limit("without them", Median.of(undisturbed, Load::p99)), Asked.atMostTimes(MOST_TIMES)),
                new Figure(name(), label + ", orders of others", Median.of(disturbed, Load::rate), "orders/s",
                        new Limit("without them", Median.of(undisturbed, Load::rate)), Asked.NOTHING));
    }
}
