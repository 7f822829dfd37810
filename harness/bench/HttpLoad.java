///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Posts over keep-alive connections, each as fast as it is answered: jbang HttpLoad.java --body '{}'
//JAVA 21+
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//COMPILE_OPTIONS --release 21

package bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How many requests are answered 201, and how soon? It is a separate process, so that its JVM does not warm up or pause
 * with the one that it measures. It shares the cores, so it does little: it builds a request once, uses a blocking
 * socket for each connection, and reads only the status and length of a response. A closed loop: a connection sends its
 * next request after the response to the last one. Prints one JSON line.
 */
@Command(name = "HttpLoad", mixinStandardHelpOptions = true,
        description = "Posts one body over keep-alive connections, each as fast as it is answered.")
public class HttpLoad implements Callable<Integer> {
    private static final int CREATED = 201;
    private static final int TENTHS = 10;
    private static final double NANOS = 1e9;
    private static final double NANOS_IN_MS = 1e6;

    @Option(names = "--url", defaultValue = "http://127.0.0.1:8000/orders/", paramLabel = "URL",
            description = "Where to post (default: ${DEFAULT-VALUE}).")
    private URI url;

    @Option(names = "--body", required = true, paramLabel = "JSON", description = "What to post.")
    private String body;

    @Option(names = "--connections", defaultValue = "32", paramLabel = "N",
            description = "How many connections to have open (default: ${DEFAULT-VALUE}).")
    private int connections;

    @Option(names = "--warm-up", defaultValue = "5", paramLabel = "S",
            description = "For how many seconds to post before anything is counted (default: ${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(names = "--seconds", defaultValue = "10", paramLabel = "S",
            description = "For how long to measure (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--requests", paramLabel = "N", description = "How many requests to measure, in any time.")
    private Long requests;

    @Option(names = "--keys", description = "Send a different Idempotency-Key with each request.")
    private boolean keys;

    private record Answered(long end, long nanos) {
    }

    private final AtomicLong begun = new AtomicLong();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    private long from;

    public static void main(String... args) {
        System.exit(new CommandLine(new HttpLoad()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        from = System.nanoTime() + Duration.ofSeconds(warmUp).toNanos();
        List<Future<List<Answered>>> clients = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < connections; i++) {
                clients.add(threads.submit(this::post));
            }
        }
        List<Answered> answered = new ArrayList<>();
        for (Future<List<Answered>> client : clients) {
            answered.addAll(client.get());
        }
        System.out.println(new ObjectMapper().writeValueAsString(summary(answered)));
        return 0;
    }

    /** One client: posts until enough is measured, and returns the responses of the measured time. */
    private List<Answered> post() {
        List<Answered> answered = new ArrayList<>();
        try (Connection connection = new Connection()) {
            for (long start = System.nanoTime(); !enough(start); start = System.nanoTime()) {
                try {
                    int status = connection.post();
                    long end = System.nanoTime();
                    if (status != CREATED) {
                        error("status " + status);
                    } else if (start >= from) {
                        answered.add(new Answered(end, end - start));
                    }
                } catch (IOException e) {
                    error(e.getMessage());
                    connection.close();
                }
            }
        }
        return answered;
    }

    private boolean enough(long now) {
        return now >= from
                && (requests == null ? now >= from + Duration.ofSeconds(seconds).toNanos()
                : begun.getAndIncrement() >= requests);
    }

    private void error(String kind) {
        errors.computeIfAbsent(kind, k -> new LongAdder()).increment();
    }

    // --- results --------------------------------------------------------------------------------------------------

    private Map<String, Object> summary(List<Answered> answered) {
        long[] ends = answered.stream().mapToLong(Answered::end).sorted().toArray();
        long[] nanos = answered.stream().mapToLong(Answered::nanos).sorted().toArray();
        List<Double> tenths = new ArrayList<>();
        for (int i = 0; i < TENTHS; i++) {
            tenths.add(rate(ends, i * ends.length / TENTHS, (i + 1) * ends.length / TENTHS));
        }
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("type", "load");
        summary.put("requests", ends.length);
        summary.put("errors", new TreeMap<>(errors));
        summary.put("per_second", rate(ends, 0, ends.length));
        summary.put("p50_ms", quantile(nanos, 0.50));
        summary.put("p99_ms", quantile(nanos, 0.99));
        summary.put("per_second_by_tenth", tenths);
        return summary;
    }

    /** Requests a second, of these requests in the order of their responses. */
    private double rate(long[] ends, int first, int end) {
        return first == end ? 0 : (end - first) * NANOS / (ends[end - 1] - (first == 0 ? from : ends[first - 1]));
    }

    private static double quantile(long[] sorted, double share) {
        return sorted.length == 0 ? 0 : sorted[(int) (share * (sorted.length - 1))] / NANOS_IN_MS;
    }

    // --- HTTP -----------------------------------------------------------------------------------------------------

    /** A connection that is opened when it is needed, and again after an error. */
    private final class Connection implements AutoCloseable {
        private static final int TIMEOUT_MS = 30_000;
        private static final int SOME = 8192;

        private final byte[] request;
        private final int keyAt;
        private final byte[] answer = new byte[SOME];
        private Socket socket;

        Connection() {
            String key = newKey();
            String head = "POST " + url.getRawPath() + " HTTP/1.1\r\nHost: " + url.getRawAuthority()
                    + "\r\nContent-Type: application/json\r\nContent-Length: "
                    + body.getBytes(StandardCharsets.UTF_8).length + "\r\n"
                    + (keys ? "Idempotency-Key: " + key + "\r\n" : "") + "\r\n";
            request = (head + body).getBytes(StandardCharsets.UTF_8);
            keyAt = head.indexOf(key);
        }

        int post() throws IOException {
            if (socket == null) {
                socket = new Socket();
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(TIMEOUT_MS);
                socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), TIMEOUT_MS);
            }
            if (keys) {
                byte[] key = newKey().getBytes(StandardCharsets.US_ASCII);
                System.arraycopy(key, 0, request, keyAt, key.length);
            }
            socket.getOutputStream().write(request);
            return readAnswer();
        }

        private int readAnswer() throws IOException {
            int read = 0;
            int body = -1;
            while (body < 0) {
                read += more(read);
                body = bodyAt(read);
            }
            String[] head = new String(answer, 0, body, StandardCharsets.US_ASCII).split("\r\n");
            int left = body + contentLength(head) - read;
            while (left > 0) {
                left -= more(0);
            }
            return Integer.parseInt(head[0].substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
        }

        private int more(int at) throws IOException {
            int bytes = socket.getInputStream().read(answer, at, answer.length - at);
            if (bytes <= 0) {
                throw new EOFException("closed before the answer's end");
            }
            return bytes;
        }

        private int bodyAt(int read) {
            for (int i = 3; i < read; i++) {
                if (answer[i] == '\n' && answer[i - 2] == '\n') {
                    return i + 1;
                }
            }
            return -1;
        }

        private static int contentLength(String[] head) {
            for (String line : head) {
                if (line.regionMatches(true, 0, "Content-Length:", 0, "Content-Length:".length())) {
                    return Integer.parseInt(line.substring("Content-Length:".length()).strip());
                }
            }
            return 0;
        }

        private static String newKey() { // as long as the keys that clients make; UUID's generator is slow
            ThreadLocalRandom random = ThreadLocalRandom.current();
            return new UUID(random.nextLong(), random.nextLong()).toString();
        }

        @Override
        public void close() {
            try (Socket closing = socket) {
                socket = null;
            } catch (IOException e) {
                error(e.getMessage());
            }
        }
    }
}
