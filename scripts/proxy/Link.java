package proxy;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/** A client's connection to the proxy, and the one from the proxy to the broker that belongs to it. */
public final class Link implements AutoCloseable {
    private static final int BUFFER = 1 << 13; // larger writes go past it
    private static final int MOST_UNANSWERED = 10_000; // with acks=0 a producer gets no answers at all

    private final Socket client;
    private final Socket broker;
    private final Frames requests;
    private final Frames answers;
    private final OutputStream toBroker;
    private final OutputStream toClient;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Map<Integer, Expected> unanswered = Collections.synchronizedMap(new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Expected> oldest) {
            return size() > MOST_UNANSWERED;
        }
    });

    /**
     * A request whose answer has not come yet.
     *
     * @param actions what happens to the request and to its answer
     */
    public record Expected(Request request, Set<Action> actions) {
    }

    Link(Socket client, Socket broker) throws IOException {
        this.client = client;
        this.broker = broker;
        client.setTcpNoDelay(true);
        broker.setTcpNoDelay(true);
        requests = new Frames(client.getInputStream());
        answers = new Frames(broker.getInputStream());
        toBroker = new BufferedOutputStream(broker.getOutputStream(), BUFFER);
        toClient = new BufferedOutputStream(new Forgiving(client.getOutputStream()), BUFFER);
    }

    public Frames requests() {
        return requests;
    }

    public Frames answers() {
        return answers;
    }

    /** The address at which the client has reached the proxy. */
    public InetAddress local() {
        return client.getLocalAddress();
    }

    /** The broker's address. */
    public String broker() {
        return broker.getInetAddress().getHostAddress() + ":" + broker.getPort();
    }

    /** Passes the present request on to the broker. Its answer is found by its correlation id. */
    public void passOn(Request request, Set<Action> actions) throws IOException {
        unanswered.put(request.correlationId(), new Expected(request, actions));
        requests.passTo(toBroker);
    }

    /** The request that the present answer belongs to; null if it was not noted. */
    public Expected answered() {
        ByteBuffer head = answers.head();
        return head.remaining() < Integer.BYTES ? null : unanswered.remove(head.getInt(0));
    }

    /** Passes the present answer on to the client as it is. */
    public void passBack() throws IOException {
        answers.passTo(toClient);
    }

    /** Gives the client another answer than the present one, which was read. */
    public void giveBack(ByteBuffer answer) throws IOException {
        Frames.write(answer, toClient);
    }

    /** The client has gone: waits until the broker has answered what it was given, and closes the connection. */
    public void awaitLastAnswers() throws IOException, InterruptedException {
        broker.shutdownOutput();
        closed.await();
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            client.close();
            broker.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Throws away what is written to a client that has gone. Else an answer that nobody takes would close the link, and
     * with it the way of a request that is still held.
     */
    private static final class Forgiving extends OutputStream {
        private final OutputStream out;

        Forgiving(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            try {
                out.write(bytes, from, length);
            } catch (IOException e) {
                // the other direction finds the client gone, and closes the link
            }
        }

        @Override
        public void write(int one) {
            write(new byte[] {(byte) one}, 0, 1);
        }
    }
}
