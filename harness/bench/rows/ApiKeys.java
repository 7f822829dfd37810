package bench.rows;

import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.LiveHeap;
import bench.Load;
import bench.Row;
import bench.Track;
import java.util.List;
import lab.Api;

/** Does the API's memory of idempotency keys and orders stay within its limit, and is it as fast once that is full? */
public final class ApiKeys implements Row {
    private static final int KEYS = 1_000_000;
    private static final int CONNECTIONS = 32;
    private static final int MOST_MB = 256;
    private static final double BYTES_IN_MB = 1024 * 1024;

    @Override
    public String name() {
        return "api-keys";
    }

    @Override
    public List<Figure> measure(Track track) {
        int keys = track.scaled(KEYS);
        Api api = track.orderApi(track.topic(), "--quiet");
        Load.warmUp(track, "order API", api, CONNECTIONS);
        double before = megabytes(track, api);
        List<Double> tenths = Load.ofKeys(track, "order API, new keys", api, CONNECTIONS, keys).clean().tenths();
        double after = megabytes(track, api);
        return List.of(
                new Figure(name(), "live heap after %,d keys".formatted(keys), after, "MB",
                        new Limit("before", before), Asked.atMost(MOST_MB)),
                new Figure(name(), "last tenth of them", tenths.getLast(), "orders/s",
                        new Limit("second tenth", tenths.get(1)), Asked.share(0.95)));
    }

    private static double megabytes(Track track, Api api) {
        return LiveHeap.bytes(track, api.process()) / BYTES_IN_MB;
    }
}
