package cli;

import java.net.URI;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How orders are sent: which way, how many at a time, for how long. The fields are public: picocli sets them. */
@Command(optionListHeading = "Sending:%n")
public final class SendingOptions {
    private static final String DEFAULT_VIA = "http";
    private static final String DEFAULT_API = "http://localhost:8000";
    private static final String DEFAULT_CONCURRENCY = "16";
    private static final String DEFAULT_TIMEOUT_MS = "120000";

    /** See {@code --via}. */
    public enum Via { http, topic }

    @Option(names = "--via", defaultValue = DEFAULT_VIA, paramLabel = "http|topic",
            description = "Through the API, or straight to the topic (default: ${DEFAULT-VALUE}).")
    public Via via;

    @Option(names = "--api", defaultValue = DEFAULT_API, paramLabel = "URL",
            description = "Where the API is (default: ${DEFAULT-VALUE}).")
    public URI api;

    @Option(names = "--concurrency", defaultValue = DEFAULT_CONCURRENCY, paramLabel = "N",
            description = "How many requests at a time (default: ${DEFAULT-VALUE}).")
    public int concurrency;

    @Option(names = "--timeout-ms", defaultValue = DEFAULT_TIMEOUT_MS, paramLabel = "MS",
            description = "How long to go on sending while the API accepts no order, and how long to wait for the "
                    + "outcomes (default: ${DEFAULT-VALUE}).")
    public long timeoutMs;

    /** Where the API takes orders. A gateway may give it a path of its own, which {@code --api} then has. */
    public URI orders() {
        return URI.create(api.toString().replaceFirst("/*$", "/orders/"));
    }

    /** @throws Failure if a value makes no sense */
    public void check() {
        if (concurrency < 1) {
            throw new Failure(ExitCode.USAGE, "--concurrency has to be 1 or more.");
        }
        if (api.getHost() == null || !List.of("http", "https").contains(api.getScheme()) || api.getQuery() != null
                || api.getFragment() != null) {
            throw new Failure(ExitCode.USAGE, "--api " + api + " is not the URL of an API: give one such as "
                    + DEFAULT_API + ".");
        }
    }
}
