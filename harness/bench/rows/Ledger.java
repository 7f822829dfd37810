package bench.rows;

import bench.Contender;
import bench.Contender.Rates;
import bench.Figure;
import bench.Figure.Asked;
import bench.Figure.Limit;
import bench.LiveHeap;
import bench.Row;
import bench.Track;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import lab.Kafka;
import lab.Running;

/**
 * What does it cost to remember a million orders: in heap, in time to restore them after a restart, in speed later? The
 * consumer itself writes the ledger, so that it is a real one.
 */
public final class Ledger implements Row {
    private static final int REMEMBERED = 1_000_000;
    private static final int WAITING = 300_000;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern RESTORED = Pattern.compile("(?s)((?:\"ledger-restored\".*?\n.*?){3})"); // partitions

    /** A consumer that has restored its ledger and has nothing to do. */
    private record Idle(long heap, double restoredPerSecond) {
    }

    @Override
    public String name() {
        return "ledger";
    }

    @Override
    public List<Figure> measure(Track track) {
        int remembered = track.scaled(REMEMBERED);
        String past = track.loaded(remembered);
        String full = track.outcomesOf(past);
        String group = track.newGroup();
        track.consumerIn(group, "writing the ledger", past, full, "0").drain(remembered);

        JsonNode read = read(track, full);
        Idle without = idle(track, track.newGroup(), "idle, empty ledger", track.topic(), track.outcomesOf(past));
        Idle with = idle(track, group, "idle, full ledger", past, full);

        int waiting = track.scaled(WAITING);
        List<Rates> emptys = new ArrayList<>();
        List<Rates> fulls = new ArrayList<>();
        for (int round = 0; round < track.rounds(); round++) {
            String topic = track.loaded(waiting);
            track.load(past, waiting); // new ones in every round: the full ledger must not have them
            emptys.add(track.consumer("empty ledger", topic, track.outcomesOf(topic), "0").drain(waiting));
            fulls.add(track.consumerIn(group, "full ledger", past, full, "0").drain(waiting));
        }

        Rates emptyLedger = Rates.median(emptys);
        Rates fullLedger = Rates.median(fulls);
        double bytes = (with.heap - without.heap) / (double) remembered;
        double readRate = read.path("records").asLong() * 1000.0 / read.path("ms").asLong();
        double bytesInTopic = read.path("bytes").asDouble() / read.path("records").asLong();
        return List.of(
                new Figure(name(), "heap for an order", bytes, "bytes", new Limit("outcome in the topic", bytesInTopic),
                        Asked.atMost(100)),
                new Figure(name(), "restored", with.restoredPerSecond, "orders/s", new Limit("bare reader", readRate),
                        Asked.atLeast(300_000)),
                new Figure(name(), "drain with %,d orders in it".formatted(remembered), fullLedger.warm(),
                        "orders/s", new Limit("the same, empty", emptyLedger.warm()), Asked.share(0.90)),
                Figure.cpu(name(), "drain", fullLedger.cpu(), "the same, empty", emptyLedger.cpu()));
    }

    private static JsonNode read(Track track, String topic) {
        Running reader = track.start("BareReader", "--bootstrap-server", track.bootstrap(), "--topic", topic);
        if (reader.awaitExit(PATIENCE) != 0) {
            throw new IllegalStateException(reader.tail());
        }
        return Kafka.json(Kafka.bytes(reader.out()));
    }

    private static Idle idle(Track track, String group, String name, String topic, String outcomes) {
        try (Contender consumer = track.consumerIn(group, name, topic, outcomes, "0", "--json")) {
            consumer.process().awaitOut("ledger of every partition restored", RESTORED, PATIENCE);
            List<JsonNode> restored = restored(consumer.process());
            double ms = restored.stream().mapToDouble(partition -> partition.path("ms").asDouble()).max().orElseThrow();
            double orders = restored.stream().mapToDouble(partition -> partition.path("orders").asDouble()).sum();
            Idle idle = new Idle(LiveHeap.bytes(track, consumer.process()), orders * 1000 / ms);
            track.say("%s: %,.0f orders restored in %,.0f ms, %,d bytes live".formatted(name, orders, ms, idle.heap));
            return idle;
        }
    }

    private static List<JsonNode> restored(Running consumer) {
        return consumer.out().lines().filter(line -> line.startsWith("{") && line.endsWith("}"))
                .map(line -> Kafka.json(Kafka.bytes(line)))
                .filter(line -> line.path("type").asText().equals("ledger-restored")).toList();
    }
}
