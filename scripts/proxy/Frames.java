package proxy;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * The frames of one direction of a connection: four bytes of size, then as many bytes as they say. Of a large frame
 * only the first bytes are in memory; the rest follows when it is passed on.
 */
public final class Frames {
    private static final int HEAD = 1 << 16; // more than any header: a client id has at most 32,767 bytes
    private static final int BUFFER = 1 << 13; // larger reads go past it
    private static final int LARGEST = 100 << 20; // what brokers take by default: socket.request.max.bytes

    private final DataInputStream in;
    private final byte[] head = new byte[HEAD];
    private int size;
    private int inHead;

    Frames(InputStream in) {
        this.in = new DataInputStream(new BufferedInputStream(in, BUFFER));
    }

    /**
     * Waits for the next frame. The one before has to be passed on, read or skipped.
     *
     * @return false at the end of the connection
     * @throws NotKafka if this cannot be a frame of Kafka's protocol
     */
    public boolean next() throws IOException {
        try {
            size = in.readInt();
        } catch (EOFException e) {
            return false;
        }
        if (size < 0 || size > LARGEST) {
            throw new NotKafka(size);
        }
        inHead = Math.min(size, HEAD);
        in.readFully(head, 0, inHead);
        return true;
    }

    /** In bytes, without the four that hold the size. */
    public int size() {
        return size;
    }

    /** The first 64 KiB of the frame, without the size; all of it if it is smaller. Valid until the next frame. */
    public ByteBuffer head() {
        return ByteBuffer.wrap(head, 0, inHead);
    }

    /** Reads the frame into memory, up to 100 MiB. */
    public ByteBuffer whole() throws IOException {
        byte[] whole = new byte[size];
        System.arraycopy(head, 0, whole, 0, inHead);
        in.readFully(whole, inHead, size - inHead);
        return ByteBuffer.wrap(whole);
    }

    /** Writes the frame as it came. */
    public void passTo(OutputStream out) throws IOException {
        writeSize(size, out);
        out.write(head, 0, inHead);
        for (int left = size - inHead; left > 0; left -= inHead) {
            inHead = Math.min(left, HEAD);
            in.readFully(head, 0, inHead);
            out.write(head, 0, inHead);
        }
        out.flush();
    }

    public void skip() throws IOException {
        in.skipNBytes(size - inHead);
    }

    /** Writes a frame with another content. */
    static void write(ByteBuffer content, OutputStream out) throws IOException {
        writeSize(content.remaining(), out);
        out.write(content.array(), content.arrayOffset() + content.position(), content.remaining());
        out.flush();
    }

    private static void writeSize(int size, OutputStream out) throws IOException {
        out.write(ByteBuffer.allocate(Integer.BYTES).putInt(size).array());
    }

    /** What comes is not a frame: its size is impossible. */
    public static final class NotKafka extends IOException {
        private static final int TLS_HANDSHAKE = 22; // RFC 8446, 5.1
        private static final int TLS_ALERT = 21;

        NotKafka(int size) {
            super(size >>> 24 == TLS_HANDSHAKE || size >>> 24 == TLS_ALERT
                    ? "it uses TLS, and a proxy cannot read what is encrypted: give clients and broker a listener "
                            + "without TLS (PLAINTEXT or SASL_PLAINTEXT)"
                    : "it is not Kafka's protocol, or a frame of more than 100 MiB");
        }
    }
}
