package bench.rows;

import bench.Figure;
import bench.Row;
import bench.Track;
import java.util.List;

/** Orders that are not measured, so that the broker is warm for the first contender. */
public final class WarmUp implements Row {
    private static final int ORDERS = 150_000;

    @Override
    public String name() {
        return "warm-up of the broker";
    }

    @Override
    public List<Figure> measure(Track track) {
        int orders = track.scaled(ORDERS);
        String topic = track.loaded(orders);
        track.contender("bare loop", "BareLoop", topic, track.outcomesOf(topic)).drain(orders);
        return List.of();
    }
}
