package bench;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import lab.Running;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/**
 * A consumer group that is measured: one process or several, observed only through the offsets that it has committed.
 * Closing it ends its processes.
 */
public final class Contender implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(25);
    private static final Duration WORD = Duration.ofSeconds(5);
    private static final Duration STALLED = Duration.ofSeconds(60);

    private record Sample(long nanos, long orders, Duration cpu) {
    }

    /**
     * Orders a second while the JVM was cold, and after.
     *
     * @param cpu seconds of CPU time for a million orders, once it was warm; what else the machine does hardly matters
     */
    public record Rates(double cold, double warm, double cpu) {
        public static Rates median(List<Rates> rounds) {
            return new Rates(Median.of(rounds, Rates::cold), Median.of(rounds, Rates::warm),
                    Median.of(rounds, Rates::cpu));
        }
    }

    private final Track track;
    private final String name;
    private final String group;
    private final String topic;
    private final Supplier<Running> launcher;
    private final List<Running> processes = new ArrayList<>();
    private final List<Sample> samples = new ArrayList<>();
    private final long before;
    private long moved = System.nanoTime();
    private long said = System.nanoTime();

    Contender(Track track, String name, String group, String topic, Supplier<Running> launcher) {
        this.track = track;
        this.name = name;
        this.group = group;
        this.topic = topic;
        this.launcher = launcher;
        before = total();
        samples.add(new Sample(System.nanoTime(), 0, Duration.ZERO));
        another();
    }

    /** Starts one more process of the same group. */
    public Running another() {
        track.say(name + (processes.isEmpty() ? ": started" : ": number " + (processes.size() + 1) + " started"));
        Running process = launcher.get();
        processes.add(process);
        return process;
    }

    /** Waits until the processes have these numbers of partitions, largest first. */
    public void untilAssigned(Integer... partitions) {
        await(name + " has its partitions").atMost(STALLED).pollInterval(LOOK)
                .ignoreException(GroupIdNotFoundException.class) // until the first has joined
                .until(() -> track.kafka().assignment(group).equals(List.of(partitions)));
    }

    /** Waits, taking samples, until the group has committed this many orders since this was made. */
    public Contender until(long orders) {
        moved = System.nanoTime();
        await(name + " commits " + orders + " orders").forever().pollDelay(Duration.ZERO).pollInterval(LOOK)
                .until(() -> committed() >= orders);
        return this;
    }

    private long total() {
        return track.kafka().committed(group, topic).values().stream().mapToLong(offset -> offset).sum();
    }

    /** Takes a sample: how many orders the group has committed since this was made. */
    public long committed() {
        long orders = total() - before;
        long now = System.nanoTime();
        if (orders != samples.getLast().orders) {
            moved = now;
        } else if (now - moved > STALLED.toNanos() || processes.stream().noneMatch(Running::alive)) {
            throw new IllegalStateException(
                    "%s is stuck at %,d orders%n%s".formatted(name, orders, processes.getLast().tail()));
        }
        samples.add(new Sample(now, orders, cpu()));
        if (now - said > WORD.toNanos()) {
            track.say("%s: %,d orders".formatted(name, orders));
            said = now;
        }
        return orders;
    }

    /**
     * Orders a second from the moment when {@code from} orders were committed to that when {@code to} were. At the
     * first moment at least one was committed, so that the start of the process does not count.
     */
    public double rate(long from, long to) {
        Sample first = at(Math.max(1, from));
        Sample last = at(to);
        return (last.orders - first.orders) * 1e9 / (last.nanos - first.nanos);
    }

    /** Seconds of CPU time for a million orders, from one such moment to the other. */
    public double cpuSeconds(long from, long to) {
        Sample first = at(Math.max(1, from));
        Sample last = at(to);
        return last.cpu.minus(first.cpu).toNanos() / 1e3 / (last.orders - first.orders);
    }

    private Duration cpu() {
        return processes.stream().map(Running::cpu).reduce(Duration.ZERO, Duration::plus);
    }

    private Sample at(long orders) {
        return samples.stream().filter(sample -> sample.orders >= orders).findFirst().orElseThrow();
    }

    /** Lets it process this many orders, ends it, and returns the rates of the first and the second half. */
    public Rates drain(int orders) {
        try (this) {
            until(orders);
            Rates rates = new Rates(rate(0, orders / 2), rate(orders / 2, orders), cpuSeconds(orders / 2, orders));
            track.say("%s: %,.0f orders/s cold, %,.0f warm, %.1f s of CPU time for a million".formatted(name,
                    rates.cold, rates.warm, rates.cpu));
            return rates;
        }
    }

    public Running process() {
        return processes.getFirst();
    }

    @Override
    public void close() {
        processes.forEach(Running::kill9); // after SIGTERM it would first finish what it has begun
    }
}
