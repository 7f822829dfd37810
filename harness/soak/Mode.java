package soak;

import history.Allowed;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How the scripts run: chosen by the seed, unless it is given.
 *
 * @param commit    {@code manual} or {@code transactional}
 * @param protocol  of the group: {@code classic} or {@code consumer}
 * @param staticIds whether each consumer has an {@code --instance-id}
 */
public record Mode(String commit, String protocol, boolean staticIds) {
    static final Duration SESSION = Duration.ofSeconds(6);
    static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
    static final int CONSUMERS = 3;
    static final int APIS = 2;
    private static final Duration HEARTBEAT = Duration.ofSeconds(2); // the session began so long before the freeze

    /** @param commit null to have it chosen, too */
    public static Mode of(long seed, String commit) {
        SplittableRandom random = new SplittableRandom(seed);
        boolean transactional = random.nextInt(3) > 0;
        return new Mode(commit != null ? commit : transactional ? "transactional" : "manual",
                random.nextBoolean() ? "classic" : "consumer", random.nextBoolean());
    }

    boolean transactional() {
        return commit.equals("transactional");
    }

    /** What does not count as an anomaly. */
    Allowed allowed() {
        Allowed allowed = transactional() ? Allowed.nothing(LONGEST_WAIT) : Allowed.manual(LONGEST_WAIT,
                SESSION.minus(HEARTBEAT), IntStream.rangeClosed(1, CONSUMERS).mapToObj(number -> "consumer-" + number)
                        .collect(Collectors.toSet()));
        return allowed.repeatingDeadLetters(); // partitions move at each fault
    }

    @Override
    public String toString() {
        return commit + " commits, group protocol " + protocol + (staticIds ? ", static members" : "");
    }
}
