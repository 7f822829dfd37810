package api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/** Reads the bodies of requests: each within a limit, and all that are being read at a time within another. */
public final class HttpBodies {
    private static final int SLICE = 4096; // what a client holds that sends nothing more
    private static final String RETRY_AFTER = "5"; // seconds

    private final int most;
    private final Semaphore memory;

    /**
     * @param most   how many bytes a body may have
     * @param memory how many bytes those may have together that are being read
     */
    public HttpBodies(int most, int memory) {
        this.most = most;
        this.memory = new Semaphore(memory);
    }

    /** What makes something of a body. */
    @FunctionalInterface
    public interface Reading<T> {
        T of(byte[] body) throws JsonProcessingException;
    }

    /**
     * Reads the body, and has its room for as long as the reading takes.
     *
     * @throws HttpProblem if it is too large, or no more may come in at present; the connection is closed then
     */
    public <T> T read(HttpExchange exchange, Reading<T> reading) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int expected = expected(exchange);
        int held = 0;
        try {
            while (body.size() < expected) {
                int slice = Math.min(SLICE, expected - body.size());
                if (!memory.tryAcquire(slice)) {
                    throw new HttpProblem(ProblemType.TOO_BUSY, "As much as there is room for is coming in already; "
                            + "nothing was sent. Try again later.")
                            .with("Retry-After", RETRY_AFTER).with("Connection", "close");
                }
                held += slice;
                byte[] read = exchange.getRequestBody().readNBytes(slice);
                body.writeBytes(read);
                if (read.length < slice) {
                    break;
                }
            }
            if (body.size() > most) {
                throw new HttpProblem(ProblemType.BODY_TOO_LARGE, "The body is larger than " + most + " bytes.")
                        .with("Connection", "close");
            }
            return reading.of(body.toByteArray());
        } finally {
            memory.release(held);
        }
    }

    /** As much as there will be; of more than the limit, one byte. */
    private int expected(HttpExchange exchange) {
        String length = exchange.getRequestHeaders().getFirst("Content-Length"); // checked by the server
        return length == null ? most + 1 : (int) Math.min(Long.parseLong(length), most + 1);
    }
}
