package sender;

import cli.Failure;
import cli.SendingOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import messages.Json;

/**
 * Posts orders to the API, each until it is accepted. It gives up when the API has accepted none for
 * {@code --timeout-ms}, whichever thread sent it. May be used by several threads at once.
 */
public final class OrderClient implements AutoCloseable {
    private static final Duration LONGEST_REQUEST = Duration.ofSeconds(15);
    private static final Duration SHORTEST_REQUEST = Duration.ofSeconds(1); // also when the time is nearly up
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final int CREATED = 201;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final SendingOptions sending;
    private final URI orders;
    private final AtomicInteger retries = new AtomicInteger();
    private volatile long accepted = System.nanoTime(); // when the last order was; at first, when sending began

    public OrderClient(SendingOptions sending) {
        this.sending = sending;
        orders = sending.orders();
    }

    /**
     * Sends an order, and again with the same key while it is not known whether the API has it.
     *
     * @param order as JSON
     * @return its order_id
     * @throws Failure if the API refuses it, or has accepted none for too long
     */
    public String send(String key, byte[] order) throws InterruptedException {
        while (true) {
            String problem;
            Duration pause = PAUSE;
            try {
                HttpResponse<byte[]> response = http.send(request(key, order), HttpResponse.BodyHandlers.ofByteArray());
                if (response.statusCode() == CREATED) {
                    accepted = System.nanoTime();
                    return Json.read(response.body()).path("order_id").asText();
                }
                problem = response.statusCode() + " " + new String(response.body(), StandardCharsets.UTF_8);
                if (response.statusCode() < SERVER_ERROR && response.statusCode() != TOO_MANY_REQUESTS) {
                    throw new Failure("The API refused an order: " + problem);
                }
                pause = asked(response.headers().firstValue("Retry-After").orElse(""));
            } catch (IOException e) {
                problem = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            }
            pause(pause, problem);
            retries.incrementAndGet();
        }
    }

    private HttpRequest request(String key, byte[] order) {
        Duration longest = Collections.min(List.of(LONGEST_REQUEST, left()));
        Duration timeout = Collections.max(List.of(SHORTEST_REQUEST, longest));
        return HttpRequest.newBuilder(orders).timeout(timeout)
                .header("Content-Type", "application/json").header("Idempotency-Key", "\"" + key + "\"")
                .POST(HttpRequest.BodyPublishers.ofByteArray(order)).build();
    }

    private Duration left() {
        return Duration.ofMillis(sending.timeoutMs).minusNanos(System.nanoTime() - accepted);
    }

    private void pause(Duration pause, String problem) throws InterruptedException {
        long start = System.nanoTime();
        for (Duration rest = pause; rest.isPositive(); rest = pause.minusNanos(System.nanoTime() - start)) {
            Duration left = left();
            if (!left.isPositive()) {
                throw new Failure("The API at " + sending.api + " accepted no order for " + sending.timeoutMs + " ms ("
                        + problem + "): is it running, and is --api right?");
            }
            Thread.sleep(Collections.min(List.of(rest, left)));
        }
    }

    /** The pause that a response asks for, in seconds or until a date (RFC 9110, 10.2.3). */
    private static Duration asked(String retryAfter) {
        try {
            Duration pause = retryAfter.matches("\\d{1,9}") ? Duration.ofSeconds(Long.parseLong(retryAfter))
                    : Duration.between(ZonedDateTime.now(),
                            ZonedDateTime.parse(retryAfter, DateTimeFormatter.RFC_1123_DATE_TIME));
            return Collections.max(List.of(pause, PAUSE));
        } catch (DateTimeException e) { // it asks for none
            return PAUSE;
        }
    }

    /** How many requests were sent again. */
    public int retries() {
        return retries.get();
    }

    /** Does not wait for requests that are still under way. */
    @Override
    public void close() {
        http.shutdownNow();
    }
}
