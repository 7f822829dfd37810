package proxy;

import cli.ExitCode;
import cli.Failure;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What goes wrong from the start. */
@Command(optionListHeading = "Faults (RULE: KIND for all requests of a kind, KIND#N for the N-th, KIND%%P for P "
        + "percent, each with @REGEX for clients whose id matches; KIND as Kafka names it, or any):%n")
public final class FaultOptions {
    private static final String DEFAULT_DELAY_MS = "100";

    @Option(names = "--delay", paramLabel = "RULE", description = "Delay these requests by --delay-ms.")
    private List<String> delay = List.of();

    @Option(names = "--delay-ms", defaultValue = DEFAULT_DELAY_MS, paramLabel = "MS",
            description = "How long (default: ${DEFAULT-VALUE}).")
    private int delayMs;

    @Option(names = "--hold", paramLabel = "RULE",
            description = "Hold these requests, and what follows on their connections. When it is released, a request "
                    + "reaches the broker even if its client has given up.")
    private List<String> hold = List.of();

    @Option(names = "--hold-answer", paramLabel = "RULE",
            description = "Hold the answers of these requests, and what follows on their connections.")
    private List<String> holdAnswer = List.of();

    @Option(names = "--release-after", paramLabel = "MS",
            description = "Release what is held after this time (default: the command release does).")
    private Integer releaseAfterMs;

    @Option(names = "--drop-answer", paramLabel = "RULE",
            description = "Throw the answers of these requests away, and close their connections.")
    private List<String> dropAnswer = List.of();

    @Option(names = "--close", paramLabel = "RULE",
            description = "Close the connection at these requests; the broker does not get them.")
    private List<String> close = List.of();

    @Option(names = "--blackhole", description = "Let nothing pass, and close no connection, until the command heal.")
    private boolean blackhole;

    @Option(names = "--seed", paramLabel = "N",
            description = "Meet the same requests with KIND%%P as an earlier run (default: a new seed, which is "
                    + "logged).")
    private Long seed;

    /** @throws Failure if a rule or a time is wrong */
    public Faults faults(Logger log) {
        if (delayMs < 0 || releaseAfterMs != null && releaseAfterMs < 0) {
            throw new Failure(ExitCode.USAGE, "--delay-ms and --release-after have to be 0 or more.");
        }
        long used = seed == null ? ThreadLocalRandom.current().nextInt(1_000_000) : seed;
        Faults faults = new Faults(used, releaseAfterMs == null ? null : Duration.ofMillis(releaseAfterMs));
        boolean chance = false;
        for (Action action : Action.values()) {
            for (String text : given(action)) {
                Rule rule = rule(action, text);
                faults.add(rule);
                chance |= rule.percent() < 100;
            }
        }
        if (chance) {
            log.info("--seed {}", used);
        }
        if (blackhole) {
            faults.blackhole();
        }
        return faults;
    }

    private List<String> given(Action action) {
        return switch (action) {
            case DELAY -> delay;
            case HOLD -> hold;
            case CLOSE -> close;
            case HOLD_ANSWER -> holdAnswer;
            case DROP_ANSWER -> dropAnswer;
        };
    }

    private static Rule rule(Action action, String text) {
        try {
            return Rule.parse(action, text);
        } catch (IllegalArgumentException e) {
            throw new Failure(ExitCode.USAGE, "--" + e.getMessage(), e);
        }
    }

    public Duration delay() {
        return Duration.ofMillis(delayMs);
    }
}
