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
import lab.Api;
import lab.Kafka;
import lab.Lab;

/**
 * How many orders a second does the API take? What do parsing, checks, its memory of keys and orders, and its responses
 * cost, compared with a server that only produces, and with one that only responds?
 */
public final class ApiThroughput implements Row {
    private static final int CONNECTIONS = 32;

    @Override
    public String name() {
        return "api-rate";
    }

    @Override
    public List<Figure> measure(Track track) {
        String topic = track.topic();
        Api api = track.orderApi(topic, "--quiet");
        Api logging = track.orderApi(track.topic()); // its own topic: an API reads all orders of its topic
        String[] sizes = sizes(track, api, topic);
        Api bare = track.bareApi(track.topic(), sizes);
        Api nothing = track.bareApi(topic, Lab.with(sizes, "--nothing"));
        Load.warmUp(track, "nothing", nothing, CONNECTIONS);
        Load.warmUp(track, "bare API", bare, CONNECTIONS);
        Load.warmUp(track, "order API", api, CONNECTIONS);
        Load.warmUp(track, "order API with its log", logging, CONNECTIONS);
        List<Load> apis = new ArrayList<>();
        List<Load> loggings = new ArrayList<>();
        List<Load> bares = new ArrayList<>();
        List<Load> nothings = new ArrayList<>();
        for (int round = 0; round < track.rounds(); round++) {
            nothings.add(Load.on(track, "nothing", nothing, CONNECTIONS).clean());
            bares.add(Load.on(track, "bare API", bare, CONNECTIONS).clean());
            apis.add(Load.on(track, "order API", api, CONNECTIONS).clean());
            loggings.add(Load.on(track, "order API with its log", logging, CONNECTIONS).clean());
        }
        double rate = Median.of(apis, Load::rate);
        return List.of(
                rate("acknowledged", rate, "bare API", Median.of(bares, Load::rate), Asked.share(0.85)),
                rate("acknowledged", rate, "HTTP alone", Median.of(nothings, Load::rate), Asked.share(0.40)),
                rate("with its log", Median.of(loggings, Load::rate), "without", rate, Asked.NOTHING),
                new Figure(name(), "p99", Median.of(apis, Load::p99), "ms",
                        new Limit("bare API", Median.of(bares, Load::p99)), Asked.NOTHING));
    }

    /** The sizes of the order API's records and responses; the other servers use the same. */
    private static String[] sizes(Track track, Api api, String topic) {
        String answer = api.post(Api.order("customer123")).body().toString();
        int value = track.kafka().records(topic).getFirst().serializedValueSize();
        return new String[] {"--value-bytes", String.valueOf(value),
            "--answer-bytes", String.valueOf(Kafka.bytes(answer).length)};
    }

    private Figure rate(String what, double rate, String limit, double limitRate, Asked asked) {
        return new Figure(name(), what, rate, "orders/s", new Limit(limit, limitRate), asked);
    }
}
