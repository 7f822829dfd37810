package api;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/** Reads the bodies of requests: each within a limit, and all that are being read at a time within another. */
public final class HttpBodies {
    private static final int SLICE = 4096; // what a client holds that sends nothing more

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

    /** The body of a request; it takes up no room before it is read. */
    public Body of(HttpExchange exchange) {
        return new Body(exchange);
    }

    /** One body, and the room that it takes up until it is closed: keep it open while anything is made of its bytes. */
    public final class Body implements AutoCloseable {
        private final HttpExchange exchange;
        private int held; // bytes

        private Body(HttpExchange exchange) {
            this.exchange = exchange;
        }

        /**
         * Reads all of it, and takes up room slice by slice.
         *
         * @throws HttpProblem if it is too large, or no more may come in at present; the connection is closed then
         * @throws IOException if the client is gone
         */
        public byte[] read() throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            int expected = expected();
            while (body.size() < expected) {
                int slice = Math.min(SLICE, expected - body.size());
                if (!memory.tryAcquire(slice)) {
                    throw HttpProblem.retryLater(ProblemType.TOO_BUSY, "As much as there is room for is coming in "
                            + "already; nothing was sent. Try again later.").with("Connection", "close");
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

        /** As much as there will be; of more than the limit, one byte. */
        private int expected() {
            String length = exchange.getRequestHeaders().getFirst("Content-Length"); // checked by the server
            return length == null ? most + 1 : (int) Math.min(Long.parseLong(length), most + 1);
        }

        /** Gives back the room. */
        @Override
        public void close() {
            memory.release(held);
            held = 0;
        }
    }
}
