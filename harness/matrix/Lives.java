package matrix;

import java.util.function.Function;
import story.Side;

/** The scripts that are killed, each with what it does in a short life. */
public enum Lives {
    CONSUMER_MANUAL("OrderConsumer --commit manual", "a dead letter again", side -> new ConsumerLife(side, "manual")),
    CONSUMER_TRANSACTIONAL("OrderConsumer --commit transactional", "",
            side -> new ConsumerLife(side, "transactional")),
    API("OrderApi", "", ApiLife::new),
    REPLAY("DlqInspector replay", "a batch again", ReplayLife::new),
    REPLAY_EXACTLY_ONCE("DlqInspector replay --exactly-once", "", side -> new ReplayLife(side, "--exactly-once"));

    private final String title;
    private final String mayRepeat;
    private final Function<Side, Life> life;

    Lives(String title, String mayRepeat, Function<Side, Life> life) {
        this.title = title;
        this.mayRepeat = mayRepeat;
        this.life = life;
    }

    /** The script and the options that matter. */
    public String title() {
        return title;
    }

    /** What it may do again after a crash, and does at some points; empty for nothing. */
    public String mayRepeat() {
        return mayRepeat;
    }

    Life in(Side side) {
        return life.apply(side);
    }
}
