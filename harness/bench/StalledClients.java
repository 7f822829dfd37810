package bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import lab.Api;

/**
 * Clients that send half of a request and wait. A client whose connection the server closes connects again and sends
 * the next half, so that all of them are there until they are closed.
 */
public final class StalledClients implements AutoCloseable {
    private final URI server;
    private final CountDownLatch arrived;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile boolean closed;
    private volatile IOException failure;

    /** Returns when each has sent its half: of the headers, or of the body. */
    public StalledClients(URI server, int halfHeaders, int halfBodies) {
        this.server = server;
        this.arrived = new CountDownLatch(halfHeaders + halfBodies);
        String order = Api.order("customer123");
        String headers = "POST /orders/ HTTP/1.1\r\nHost: " + server.getAuthority()
                + "\r\nContent-Type: application/json\r\nContent-Length: " + order.length() + "\r\n\r\n";
        start(halfHeaders, headers.substring(0, headers.length() / 2));
        start(halfBodies, headers + order.substring(0, order.length() / 2));
        try {
            arrived.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many connections they have made so far. */
    public int connections() {
        if (failure != null) {
            throw new IllegalStateException("not every stalled client could connect", failure);
        }
        return connections.get();
    }

    private void start(int clients, String half) {
        for (int i = 0; i < clients; i++) {
            Thread.ofVirtual().start(() -> stall(half.getBytes(StandardCharsets.US_ASCII)));
        }
    }

    private void stall(byte[] half) {
        while (!closed && failure == null) {
            try (Socket socket = new Socket(server.getHost(), server.getPort())) {
                open.add(socket);
                if (closed) {
                    return;
                }
                socket.getOutputStream().write(half);
                connections.incrementAndGet();
                arrived.countDown();
                awaitEnd(socket);
                open.remove(socket);
            } catch (IOException e) {
                failure = closed ? null : e;
                arrived.countDown();
            }
        }
    }

    private static void awaitEnd(Socket socket) {
        try {
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // closed with a reset instead of an end of stream: the same here
        }
    }

    @Override
    public void close() {
        closed = true;
        open.forEach(StalledClients::close);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
