package http;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/** Reads the bodies of requests. One limit bounds each body, another one all bodies that are being read. */
public final class HttpBodies {
    private static final int SLICE = 4096; // the memory that a client holds if it sends nothing more

    private final int most;
    private final Semaphore memory;

    /**
     * @param most   how many bytes a body may have
     * @param memory how many bytes all bodies that are being read may have together
     */
    public HttpBodies(int most, int memory) {
        this.most = most;
        this.memory = new Semaphore(memory);
    }

    /** The body of a request; it uses no memory before it is read. */
    public Body of(HttpExchange exchange) {
        return new Body(exchange);
    }

    /** One body, and the memory that it uses until it is closed: keep it open while its bytes are in use. */
    public final class Body implements AutoCloseable {
        private final HttpExchange exchange;
        private int held; // bytes

        private Body(HttpExchange exchange) {
            this.exchange = exchange;
        }

        /**
         * Reads the whole body, and reserves memory slice by slice.
         *
         * @throws HttpProblem if it is too large, or too much is being read already; the connection is closed then
         * @throws IOException if the client is gone
         */
        public byte[] read() throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            int expected = expected();
            while (body.size() < expected) {
                int slice = Math.min(SLICE, expected - body.size());
                if (!memory.tryAcquire(slice)) {
                    throw HttpProblem.retryLater(ProblemType.TOO_BUSY, "Too much data is coming in; this order was "
                            + "not sent. Try again later.").with("Connection", "close");
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
            return body.toByteArray();
        }

        /** How many bytes to read; one more than the limit if the body is larger. */
        private int expected() {
            String length = exchange.getRequestHeaders().getFirst("Content-Length"); // checked by the server
            return length == null ? most + 1 : (int) Math.min(Long.parseLong(length), most + 1);
        }

        /** Releases the memory. */
        @Override
        public void close() {
            memory.release(held);
            held = 0;
        }
    }
}
