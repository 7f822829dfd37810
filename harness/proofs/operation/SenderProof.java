package proofs.operation;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import lab.Api;
import lab.Ended;
import lab.Lab;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** DuplicateSender asks as an API wants to be asked, and ends in time when it gets nowhere. */
@ExtendWith(LabExtension.class)
class SenderProof {
    private static final int DEFAULT_CONCURRENCY = 16;

    @Test
    void withoutAnApiItEndsAndSaysSo(Lab lab) {
        Ended ended = lab.sendDuplicates("--api", "http://127.0.0.1:1", "--timeout-ms", "500");
        assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(1);
        assertThat(ended.err()).contains("The API at http://127.0.0.1:1 accepted no order for 500 ms",
                "is it running, and is --api right?").hasLineCount(1);
    }

    /** One time for all requests, and not one for each: 300 of them are sent 16 at a time. */
    @Test
    void itEndsAfterItsTimeoutWhateverThereIsToSend(Lab lab) throws Exception {
        Queue<Long> at = new ConcurrentLinkedQueue<>();
        try (Front front = new Front(lab.api(), exchange -> {
            at.add(System.nanoTime());
            return answer(exchange, 503, "busy");
        })) {
            Ended ended = lab.sendDuplicates("--api", front.uri("/"), "--timeout-ms", "2000");
            assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(1);
            assertThat(ended.err()).contains("accepted no order for 2000 ms (503 busy)").hasLineCount(1);
            List<Long> times = List.copyOf(at);
            assertThat(Duration.ofNanos(times.getLast() - times.getFirst())).as("from the first request to the last")
                    .isLessThan(Duration.ofSeconds(15));
        }
    }

    /** It is the time without an accepted order: as long as some are accepted, others may fail for longer. */
    @Test
    void theTimeoutBeginsAnewWithEachOrderThatIsAccepted(Lab lab) throws Exception {
        lab.consumer();
        long[] first = {0};
        try (Front front = new Front(lab.api(), exchange -> {
            synchronized (first) {
                first[0] = first[0] == 0 ? System.nanoTime() : first[0];
                boolean unlucky = exchange.getRequestHeaders().getFirst("Idempotency-Key").contains("-0");
                long since = Duration.ofNanos(System.nanoTime() - first[0]).toMillis();
                return unlucky && since < 16_000 && answer(exchange, 503, "busy") || !unlucky && pause(600);
            }
        })) {
            Ended ended = lab.sendDuplicates("--api", front.uri("/"), "--orders", "30", "--copies", "1",
                    "--concurrency", "2", "--timeout-ms", "8000");
            assertThat(ended.out()).as(ended.tail()).contains("30 orders: 30 with exactly one outcome");
        }
    }

    private static boolean pause(long ms) {
        try {
            Thread.sleep(ms);
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aRefusedOrderEndsItAtOnce(Lab lab) throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (Front front = new Front(lab.api(), exchange -> {
            requests.incrementAndGet();
            return answer(exchange, 422, "no such product");
        })) {
            Ended ended = lab.sendDuplicates("--api", front.uri("/"), "--orders", "1000");
            assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(1);
            assertThat(ended.err()).contains("The API refused an order: 422 no such product").hasLineCount(1);
            assertThat(requests.get()).as("requests").isLessThan(3 * DEFAULT_CONCURRENCY);
        }
    }

    @Test
    void itComesBackWhenTheApiSaysAndKeepsTheBasePath(Lab lab) throws Exception {
        lab.consumer();
        Queue<Long> at = new ConcurrentLinkedQueue<>();
        try (Front front = new Front(lab.api(), exchange -> {
            at.add(System.nanoTime());
            if (at.size() == 1) {
                exchange.getResponseHeaders().set("Retry-After", "2");
                return answer(exchange, 503, "busy");
            }
            return false;
        })) {
            Ended ended = lab.sendDuplicates("--api", front.uri("/shop/v1"), "--orders", "1", "--copies", "1");
            assertThat(ended.out()).as(ended.tail()).contains("1 HTTP retries",
                    "1 order: 1 with exactly one outcome");
            assertThat(front.paths).containsExactly("/shop/v1/orders/", "/shop/v1/orders/");
            List<Long> times = List.copyOf(at);
            assertThat(Duration.ofNanos(times.get(1) - times.get(0))).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
        }
    }

    @Test
    void moreRequestsThanItCanCountAreRefused(Lab lab) {
        for (String number : List.of("100000", "65536")) { // as an int, the second product is 0
            Ended ended = lab.sendDuplicates("--orders", number, "--copies", number);
            assertThat(ended.exitCode()).as(ended.tail()).isEqualTo(2);
            assertThat(ended.err()).contains("--orders " + number + " --copies " + number, "1000000 at most")
                    .hasLineCount(1);
        }
    }

    @FunctionalInterface
    private interface Answer {
        /** Answers a request itself, or returns false: then the API answers. */
        boolean to(HttpExchange exchange) throws IOException;
    }

    private static boolean answer(HttpExchange exchange, int status, String body) throws IOException {
        exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(status, body.isEmpty() ? -1 : body.length());
        exchange.getResponseBody().write(body.getBytes());
        exchange.close();
        return true;
    }

    /** What a gateway is: it stands before an API, under a path of its own, and answers some requests itself. */
    private static final class Front implements AutoCloseable {
        private final HttpServer server;
        private final Queue<String> paths = new ConcurrentLinkedQueue<>();

        Front(Api api, Answer answer) throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", exchange -> {
                String path = exchange.getRequestURI().getPath();
                paths.add(path);
                if (!answer.to(exchange)) {
                    HttpRequest.Builder request = HttpRequest.newBuilder(
                                    api.uri().resolve(path.substring(path.indexOf("/orders"))))
                            .POST(HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
                    for (String header : List.of("Content-Type", "Idempotency-Key")) {
                        request.header(header, exchange.getRequestHeaders().getFirst(header));
                    }
                    HttpResponse<byte[]> response = api.fetch(request);
                    exchange.sendResponseHeaders(response.statusCode(), response.body().length);
                    exchange.getResponseBody().write(response.body());
                    exchange.close();
                }
            });
            server.start();
        }

        String uri(String path) {
            return URI.create("http://localhost:" + server.getAddress().getPort() + path).toString();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
