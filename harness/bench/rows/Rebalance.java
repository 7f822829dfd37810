package bench.rows;

import bench.Contender;
import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.Orders;
import bench.Outcomes;
import bench.Row;
import bench.Track;
import java.util.List;
import java.util.stream.Stream;

/** How long does a partition pause when a third consumer joins two that are busy? */
public final class Rebalance implements Row {
    private static final int PER_SECOND = 900; // two consumers could do 5,000
    private static final int SECONDS_COLD = 8;
    private static final int SECONDS_BEFORE = 12;
    private static final int SECONDS_AFTER = 3;

    @Override
    public String name() {
        return "rebalance";
    }

    @Override
    public List<Figure> measure(Track track) {
        return Stream.of("classic", "consumer").map(protocol -> join(track, protocol)).toList();
    }

    private Figure join(Track track, String protocol) {
        String topic = track.topic();
        String outcomes = track.outcomesOf(topic);
        try (Contender group = track.consumer(protocol + " protocol", topic, outcomes, "20", "--concurrency", "50",
                "--group-protocol", protocol)) {
            group.another();
            group.untilAssigned(2, 1);
            try (Orders flow = Orders.flow(track.bootstrap(), topic, PER_SECOND)) {
                group.until(SECONDS_COLD * PER_SECOND);
                long warm = System.currentTimeMillis();
                group.until((SECONDS_COLD + SECONDS_BEFORE) * PER_SECOND);
                long join = System.currentTimeMillis();
                group.another();
                group.untilAssigned(1, 1, 1);
                group.until(group.committed() + SECONDS_AFTER * PER_SECOND);
                long span = System.currentTimeMillis() - join;
                Outcomes times = Outcomes.of(track.bootstrap(), outcomes);
                long before = times.longestPause(Math.max(warm, join - span), join);
                long pause = times.longestPause(join, join + span);
                track.say("%s protocol: %d ms; in the %,d ms before %d ms".formatted(protocol, pause, span, before));
                return new Figure(name(), "longest pause, " + protocol + " protocol", pause, "ms",
                        new Limit("before the join", before), protocol.equals("consumer")
                        ? Asked.atMost(1_000) : Asked.NOTHING);
            }
        }
    }
}
