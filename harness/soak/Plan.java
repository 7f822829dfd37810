package soak;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What is done to the system, and when: a pure function of a seed and a tick. Each lane (the brokers, a consumer, the
 * network) has slots, and each slot one disruption at most, which ends within it. So no lane ever has two at a time:
 * one broker of three is away at most, and a cluster with {@code min.insync.replicas} 2 goes on.
 */
public final class Plan {
    private static final int CALM = 4; // ticks at the beginning, in which everybody finds everybody
    private static final List<String> NETWORK = List.of("drop-answer Produce%20", "close Produce%20",
            "hold Produce%10", "drop-answer TxnOffsetCommit%30", "drop-answer EndTxn%30", "hold EndTxn%30",
            "close EndTxn%30", "drop-answer OffsetCommit%30", "close OffsetCommit%30", "delay any%10", "close any%3",
            "drop-answer Fetch%10", "drop-answer Heartbeat%50", "drop-answer InitProducerId%50", "blackhole");

    /** Where at most one thing happens at a time. */
    private enum Lane {
        BROKER(15, 8), CONSUMER_1(13, 10), CONSUMER_2(17, 12), CONSUMER_3(19, 12), API_1(14, 6), API_2(18, 6),
        NETWORK(12, 7), REPLAY(16, 4);

        private final int slot; // in ticks
        private final int longest;

        Lane(int slot, int longest) {
            this.slot = slot;
            this.longest = longest;
        }
    }

    private Plan() {
    }

    /** What begins at a tick. */
    public static List<Disruption> at(long seed, int tick) {
        return Arrays.stream(Lane.values()).flatMap(lane -> inSlot(seed, lane, tick / lane.slot))
                .filter(one -> one.from() == tick).toList();
    }

    /** What begins in so many ticks. */
    public static List<Disruption> of(long seed, int ticks) {
        return IntStream.range(0, ticks).boxed().flatMap(tick -> at(seed, tick).stream()).toList();
    }

    private static Stream<Disruption> inSlot(long seed, Lane lane, int slot) {
        SplittableRandom random = new SplittableRandom(
                new SplittableRandom(seed).nextLong() ^ new SplittableRandom(1000L * slot + lane.ordinal()).nextLong());
        int length = 1 + random.nextInt(lane.longest);
        int from = lane.slot * slot + random.nextInt(lane.slot - length);
        boolean happens = random.nextInt(5) > 0 && from >= CALM;
        return happens ? Stream.of(one(lane, random, from, from + length)) : Stream.empty();
    }

    private static Disruption one(Lane lane, SplittableRandom random, int from, int to) {
        int any = random.nextInt(10);
        return switch (lane) {
            case BROKER -> new Disruption(any < 5 ? Disruption.Kind.KILL : Disruption.Kind.FREEZE,
                    random.nextInt(3) == 0 ? "coordinator" : "broker " + (1 + random.nextInt(3)), from, to);
            case CONSUMER_1, CONSUMER_2, CONSUMER_3 -> new Disruption(any < 4 ? Disruption.Kind.KILL
                    : any < 8 ? Disruption.Kind.FREEZE : Disruption.Kind.STOP, number(lane), from, to);
            case API_1, API_2 -> new Disruption(any < 5 ? Disruption.Kind.KILL
                    : any < 8 ? Disruption.Kind.FREEZE : Disruption.Kind.STOP, number(lane), from, to);
            case NETWORK -> new Disruption(Disruption.Kind.NETWORK, NETWORK.get(random.nextInt(NETWORK.size())), from,
                    to);
            case REPLAY -> any < 6 ? new Disruption(Disruption.Kind.RUN, "replay", from, from + 1)
                    : new Disruption(Disruption.Kind.KILL, "replay", from, to);
        };
    }

    private static String number(Lane lane) {
        return lane.name().toLowerCase().replace('_', ' ');
    }

    // --- a plan as text -------------------------------------------------------------------------------------------

    /** Reads what {@link #text} wrote, or a person. */
    public static List<Disruption> parse(String text) {
        return Stream.of(text.split(",")).filter(part -> !part.isBlank()).map(Disruption::parse).sorted().toList();
    }

    /** Separated by commas. */
    public static String text(List<Disruption> plan) {
        return plan.stream().map(Disruption::toString).collect(Collectors.joining(", "));
    }

    /** The same, with its beginning as soon as the calm at the start is over. */
    static List<Disruption> soon(List<Disruption> plan) {
        int first = plan.stream().mapToInt(Disruption::from).min().orElse(CALM);
        return plan.stream().map(one -> one.later(CALM - first)).toList();
    }

    /** When all of it is over. */
    static int end(List<Disruption> plan) {
        return plan.stream().mapToInt(Disruption::to).max().orElse(CALM);
    }
}
