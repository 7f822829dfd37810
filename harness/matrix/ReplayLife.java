package matrix;

import java.util.stream.IntStream;
import lab.Kafka;
import lab.Running;
import org.apache.kafka.clients.producer.ProducerRecord;
import story.Replay;
import story.Side;
import story.Verdict;

/**
 * A replay of a few dead letters. Their origin has none of their records any more, so that what is there was replayed.
 */
final class ReplayLife extends Life {
    private static final int PARTITIONS = 2;
    private static final int LETTERS = 4;
    private static final String HEADER = "__dlq.errors.";

    private final String[] options;
    private final String letters;
    private Replay replay;
    private boolean ended;

    /** @param options of the replay, beside those that every one has */
    ReplayLife(Side side, String... options) {
        super(side);
        this.options = options;
        letters = side.lab().dlq + "-replayed";
    }

    @Override
    void prepare() {
        Kafka kafka = side.lab().kafka();
        kafka.createTopic(side.lab().events, PARTITIONS);
        kafka.createTopic(letters, 1);
        kafka.sendAll(IntStream.range(0, LETTERS).mapToObj(this::letter).toList());
    }

    private ProducerRecord<byte[], byte[]> letter(int number) {
        ProducerRecord<byte[], byte[]> order = side.order(null, "order-" + number, "customer123");
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(letters, order.key(), order.value());
        letter.headers().add(HEADER + "topic", Kafka.bytes(side.lab().events))
                .add(HEADER + "partition", Kafka.bytes(String.valueOf(number % PARTITIONS)))
                .add(HEADER + "offset", Kafka.bytes(String.valueOf(number)));
        return letter;
    }

    @Override
    Running start(String name, String bootstrap) {
        replay = side.replay(name, bootstrap, letters, options);
        ended = false;
        return replay.process();
    }

    @Override
    boolean isDone() {
        if (!ended && !replay.process().alive()) {
            replay.end();
            ended = true;
        }
        return ended;
    }

    @Override
    void kill() {
        if (!ended) {
            replay.kill();
        }
    }

    /** Without {@code --exactly-once} one batch is sent again if its progress was not committed. */
    @Override
    boolean repeats() {
        return side.records() > LETTERS;
    }

    @Override
    Verdict verdict() throws Exception {
        return verdictOfOrders(LETTERS);
    }
}
