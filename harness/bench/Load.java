package bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import lab.Api;
import lab.Kafka;
import lab.Running;

/**
 * What {@code HttpLoad}, a separate process, measured at an API.
 *
 * @param requests   how many were answered 201 in the time that counts
 * @param errors     how many were not, before or in that time, by kind, as JSON
 * @param errorCount the sum of these
 * @param rate       requests a second
 * @param p99        what 99 % of them took at most, in milliseconds
 * @param tenths     the rates of the first tenth of the requests, the second, and so on
 */
public record Load(long requests, String errors, long errorCount, double rate, double p99, List<Double> tenths) {
    private static final int LEAST_WARM_UPS = 4;
    private static final int MOST_WARM_UPS = 8;
    private static final double FASTER = 1.05;
    private static final int WARM_UP_SECONDS = 5;
    private static final int SECONDS = 10;
    private static final int LEAST_SECONDS = 2;
    private static final Duration PATIENCE = Duration.ofMinutes(30);
    private static final String ORDER = Api.order("customer123");

    /**
     * Posts until an API that has just been started hardly gets faster any more. Its JVM compiles for a long time: the
     * more work an order is, the longer.
     */
    public static void warmUp(Track track, String name, Api api, int connections) {
        double best = 0;
        for (int i = 0; i < MOST_WARM_UPS; i++) {
            double rate = on(track, name + ", warming up", api, connections).clean().rate;
            if (i >= LEAST_WARM_UPS && rate < best * FASTER) { // one slow run alone may be chance
                return;
            }
            best = Math.max(best, rate);
        }
    }

    /** Posts the same order over this many connections, for a time. */
    public static Load on(Track track, String name, Api api, int connections) {
        return run(track, name, api, connections, "--seconds", seconds(track, SECONDS));
    }

    /** Posts this many orders, each with a new idempotency key. */
    public static Load ofKeys(Track track, String name, Api api, int connections, int requests) {
        return run(track, name, api, connections, "--keys", "--requests", String.valueOf(requests));
    }

    private static Load run(Track track, String name, Api api, int connections, String... options) {
        List<String> all = new ArrayList<>(List.of("--url", api.uri() + "/orders/", "--body", ORDER, "--connections",
                String.valueOf(connections), "--warm-up", seconds(track, WARM_UP_SECONDS)));
        all.addAll(List.of(options));
        Running load = track.start("HttpLoad", all.toArray(String[]::new));
        if (load.awaitExit(PATIENCE) != 0) {
            throw new IllegalStateException(load.tail());
        }
        Load met = from(Kafka.json(Kafka.bytes(load.out())));
        track.say("%s, %,d connections: %,.0f orders/s, p99 %.1f ms, errors %s"
                .formatted(name, connections, met.rate, met.p99, met.errors));
        return met;
    }

    private static String seconds(Track track, int seconds) {
        return String.valueOf(Math.max(LEAST_SECONDS, track.scaled(seconds)));
    }

    private static Load from(JsonNode json) {
        JsonNode errors = json.path("errors");
        return new Load(json.path("requests").asLong(), errors.toString(),
                StreamSupport.stream(errors.spliterator(), false).mapToLong(JsonNode::asLong).sum(),
                json.path("per_second").asDouble(), json.path("p99_ms").asDouble(),
                StreamSupport.stream(json.path("per_second_by_tenth").spliterator(), false)
                        .map(JsonNode::asDouble).toList());
    }

    /**
     * This load, if it had no errors; with errors its figures would measure something else.
     *
     * @throws IllegalStateException if not everything was answered 201
     */
    public Load clean() {
        if (errorCount > 0 || requests == 0) {
            throw new IllegalStateException("%,d orders were taken, and there were errors: %s"
                    .formatted(requests, errors));
        }
        return this;
    }
}
