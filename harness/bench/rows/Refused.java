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
import lab.Lab;

/** Do a thousand dead letters that Kafka refuses slow down the orders that need none? */
public final class Refused implements Row {
    private static final int ORDERS = 600_000;
    private static final int REFUSED = 1_000;
    private static final int SPACES = 2_000; // in an order whose dead letter is too large

    @Override
    public String name() {
        return "refused";
    }

    @Override
    public List<Figure> measure(Track track) {
        int orders = track.scaled(ORDERS) / 2 * 2;
        String dlq = track.topicForSmallRecords();
        String without = topic(track, orders);
        String with = topic(track, orders);
        track.kafka().sendAll(Lab.orders(with, 0, "bad-", REFUSED, "customerf", SPACES));
        List<Figure> figures = new ArrayList<>();
        for (String commit : List.of("manual", "transactional")) {
            List<Rates> free = new ArrayList<>();
            List<Rates> held = new ArrayList<>();
            for (int round = 0; round < track.rounds(); round++) {
                free.add(consumer(track, commit + ", none refused", without, dlq, commit).drain(orders));
                held.add(consumer(track, commit + ", 1,000 refused", with, dlq, commit).drain(orders));
            }
            figures.add(new Figure(name(), commit + ", with 1,000 refused dead letters", Rates.median(held).warm(),
                    "orders/s", new Limit("with none", Rates.median(free).warm()), Asked.share(0.80)));
        }
        return figures;
    }

    /** Of three partitions, the first is left to the refused ones: no offset after them is committed. */
    private static String topic(Track track, int orders) {
        String topic = track.topic();
        for (int partition = 1; partition < 3; partition++) {
            track.kafka().sendAll(Lab.orders(topic, partition, "order-" + partition + "-", orders / 2, "customer123",
                    0));
        }
        return topic;
    }

    private static Contender consumer(Track track, String name, String topic, String dlq, String commit) {
        return track.contender(name, "OrderConsumer", topic, track.outcomesOf(topic), "--quiet", "--dlq-topic", dlq,
                "--work-ms", "0", "--commit", commit);
    }
}
