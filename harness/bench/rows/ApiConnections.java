package bench.rows;

import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.Load;
import bench.Median;
import bench.Row;
import bench.Track;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lab.Api;

/** Does the API take as many orders over many connections as over few, and does it refuse none? */
public final class ApiConnections implements Row {
    private static final int FEW = 32;
    private static final List<Integer> MANY = List.of(256, 1_000);

    @Override
    public String name() {
        return "api-connections";
    }

    @Override
    public List<Figure> measure(Track track) {
        Api api = track.orderApi(track.topic(), "--quiet");
        Load.warmUp(track, "order API", api, FEW);
        Map<Integer, List<Load>> loads = new TreeMap<>();
        for (int round = 0; round < track.rounds(); round++) {
            loads.computeIfAbsent(FEW, c -> new ArrayList<>()).add(Load.on(track, "order API", api, FEW).clean());
            MANY.forEach(many -> loads.computeIfAbsent(many, c -> new ArrayList<>())
                    .add(Load.on(track, "order API", api, many)));
        }
        Limit few = new Limit(FEW + " connections", Median.of(loads.get(FEW), Load::rate));
        List<Figure> figures = new ArrayList<>();
        for (int many : MANY) {
            String label = "%,d connections".formatted(many);
            figures.add(new Figure(name(), label, Median.of(loads.get(many), Load::rate), "orders/s", few,
                    Asked.times(1.0)));
            figures.add(new Figure(name(), label + ", not answered 201",
                    loads.get(many).stream().mapToLong(Load::errorCount).sum(), "orders",
                    new Limit("answered 201", loads.get(many).stream().mapToLong(Load::requests).sum()),
                    Asked.atMost(0)));
        }
        return figures;
    }
}
