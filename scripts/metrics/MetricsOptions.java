package metrics;

import cli.ExitCode;
import cli.Failure;
import consumer.Figures;
import consumer.Report;
import java.time.Duration;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import work.Breaker.Outages;

/** Where a consumer answers requests for its metrics and its health. */
@Command(optionListHeading = "Metrics:%n")
public final class MetricsOptions {
    private static final String DEFAULT_HOST = "127.0.0.1";

    @Option(names = "--metrics-port", paramLabel = "PORT",
            description = "Answer GET /metrics (for Prometheus), /health/live and /health/ready on this port; 0 takes "
                    + "a free one. By default nothing listens.")
    private Integer port;

    @Option(names = "--metrics-host", defaultValue = DEFAULT_HOST, paramLabel = "HOST",
            description = "Address to listen on for them; there is no password (default: ${DEFAULT-VALUE}).")
    private String host;

    /**
     * Begins to listen, if there is a port, and prints where.
     *
     * @param longestTurn how long the poll thread may take from one poll to the next
     * @throws Failure if the port is not available
     */
    public Metrics open(Report report, Figures figures, Supplier<Outages> outages, Duration longestTurn) {
        if (port == null) {
            return Metrics.none();
        }
        if (port < 0 || port > 65_535) {
            throw new Failure(ExitCode.USAGE, "--metrics-port has to be 0 to 65535.");
        }
        return Metrics.at(host, port, report, figures, outages, longestTurn);
    }
}
