package lab;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * Ports for programs that need a port number in advance. They are below those that the system assigns to clients (from
 * 32768 on) and those that KafkaBroker takes as free ones (from 24000 on), so that they stay free until they are used.
 */
public final class Ports {
    private static final int FIRST = 20_000;
    private static final int LAST = 24_000;
    private static final int TRIES = 100;

    private Ports() {
    }

    /** The first of this many free ports in a row. */
    public static int free(int inARow) {
        return ThreadLocalRandom.current().ints(TRIES, FIRST, LAST - inARow)
                .filter(first -> IntStream.range(first, first + inARow).allMatch(Ports::isFree))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("there are no " + inARow + " free ports in a row"));
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
