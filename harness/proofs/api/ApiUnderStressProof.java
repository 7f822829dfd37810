package proofs.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import lab.Api;
import lab.Lab;
import lab.fixtures.LabExtension;
import lab.fixtures.RawHttp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The API with clients that stall or overload it: other clients do not have to wait. */
@ExtendWith(LabExtension.class)
class ApiUnderStressProof {
    private static final int CLIENTS = 16;

    @Test
    void fiveHundredStalledClientsDelayNoOthersAndAreDisconnected(Lab lab) throws Exception {
        Api api = lab.api("--request-timeout-s", "5");
        List<Socket> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 500; i++) {
                Socket socket = new Socket(api.uri().getHost(), api.uri().getPort());
                stalled.add(socket);
                socket.getOutputStream().write((i % 2 == 0 ? "POST /orders HTTP/1.1\r\nHost: l"
                        : "POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                        + "application/json\r\nContent-Length: 100\r\n\r\n{").getBytes(StandardCharsets.UTF_8));
            }
            for (int i = 0; i < 100; i++) {
                assertThat(api.post(Api.order("customer123")).status()).isEqualTo(201);
            }
            for (Socket socket : stalled) {
                socket.setSoTimeout(30_000);
                assertThat(socket.getInputStream().read()).as("closed").isEqualTo(-1);
            }
        } finally {
            for (Socket socket : stalled) {
                socket.close();
            }
        }
        assertThat(api.post(Api.order("customer123")).status()).isEqualTo(201);
        assertThat(lab.kafka().records(lab.events)).hasSize(101);
    }

    /** 300 of a quarter of a megabyte each: more than the heap. */
    @Test
    void tooManyBodiesAtOnceAreRefusedBeforeTheHeapIsFull(Lab lab) throws Exception {
        Api api = lab.api(lab.start(Map.of("JAVA_TOOL_OPTIONS", "-Xmx64m"), "OrderApi", "--bootstrap-server",
                lab.broker().bootstrap(), "--topic", lab.events, "--port", "0", "--body-memory", "8388608",
                "--request-timeout-s", "60"));
        byte[] head = ("POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 262144\r\n\r\n").getBytes(StandardCharsets.UTF_8);
        List<Socket> halfSent = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                Socket socket = new Socket(api.uri().getHost(), api.uri().getPort());
                halfSent.add(socket);
                try {
                    socket.getOutputStream().write(head);
                    socket.getOutputStream().write(new byte[250_000]);
                } catch (SocketException e) {
                    // it was refused and closed
                }
            }
            await("a small one is accepted").atMost(Duration.ofSeconds(30))
                    .until(() -> api.post(Api.order("customer123")).status() == 201);
            assertThat(api.process().err()).contains("answered 503");
        } finally {
            for (Socket socket : halfSent) {
                socket.close();
            }
        }
        assertThat(lab.kafka().records(lab.events)).hasSize(1);
    }

    @Test
    void idleConnectionsAndThoseOverTheLimitAreClosed(Lab lab) throws Exception {
        Api api = lab.api("--idle-timeout-s", "3", "--max-connections", "20");
        List<Socket> open = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                Socket socket = new Socket(api.uri().getHost(), api.uri().getPort());
                socket.setSoTimeout(30_000);
                open.add(socket);
                socket.getOutputStream().write(RawHttp.request("GET / HTTP/1.1", ""));
                assertThat(socket.getInputStream().read()).as("answered").isEqualTo('H');
            }
            assertThat(RawHttp.exchange(api.uri(), RawHttp.request("GET / HTTP/1.1", "", "Host: localhost")))
                    .as("one too many").isEmpty();
            for (Socket socket : open) {
                socket.getInputStream().transferTo(OutputStream.nullOutputStream()); // until it is closed
            }
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
        assertThat(api.post(Api.order("customer123")).status()).isEqualTo(201);
    }

    /** A request that the server has not begun to read when it closes gets no answer, and writes nothing. */
    @Test
    void aStopUnderLoadIsQuickAndAnswersForAllThatIsWritten(Lab lab) throws Exception {
        Api api = lab.api("--quiet");
        AtomicInteger created = new AtomicInteger();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> clientsEnd = IntStream.range(0, CLIENTS)
                    .<Future<?>>mapToObj(i -> clients.submit(() -> postUntilItIsGone(api, created))).toList();
            await("under load").atMost(Duration.ofSeconds(30)).until(() -> created.get() > 1_000);
            long start = System.nanoTime();
            assertThat(api.process().stop()).isEqualTo(143);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).as("sooner than the time limit of a stop")
                    .isLessThan(Duration.ofSeconds(8));
            for (Future<?> end : clientsEnd) {
                end.get();
            }
        }
        assertThat(lab.kafka().records(lab.events)).as("each record was answered").hasSize(created.get());
    }

    /** Over a connection that is kept open, as long as it can be. */
    private static void postUntilItIsGone(Api api, AtomicInteger created) {
        try {
            while (true) {
                assertThat(api.post(Api.order("customer123")).status()).isEqualTo(201);
                created.incrementAndGet();
            }
        } catch (UncheckedIOException e) {
            assertThat(e.getCause()).as("closed, not timed out").isNotInstanceOf(HttpTimeoutException.class);
        }
    }
}
