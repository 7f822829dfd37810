package lab;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Sends an HTTP server bytes that no well-behaved client would send, and returns its responses. */
public final class RawHttp {
    private static final int PATIENCE_MS = 20_000;
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 ([2-5]\\d\\d) "); // not 100

    private RawHttp() {
    }

    /** The bytes that come back until the server closes the connection; our half is closed once all is sent. */
    public static String exchange(URI server, byte[] request) {
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            socket.setSoTimeout(PATIENCE_MS);
            socket.getOutputStream().write(request);
            socket.shutdownOutput();
            var answer = new ByteArrayOutputStream();
            try {
                socket.getInputStream().transferTo(answer);
            } catch (java.net.SocketException reset) {
                // closed with some of our bytes unread: what came before that counts
            }
            return answer.toString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The statuses of the responses, in their order; none if the connection was just closed. */
    public static List<Integer> statuses(String answers) {
        return STATUS.matcher(answers).results().map((MatchResult status) -> Integer.valueOf(status.group(1))).toList();
    }

    /** A POST of an order; headers as complete lines. */
    public static byte[] post(byte[] body, String... headers) {
        String head = "POST /orders HTTP/1.1\r\nHost: lab\r\nContent-Length: " + body.length + "\r\n"
                + lines(headers) + "\r\n";
        var request = new ByteArrayOutputStream();
        request.writeBytes(head.getBytes(StandardCharsets.UTF_8));
        request.writeBytes(body);
        return request.toByteArray();
    }

    /** A request line, headers as complete lines, and what follows them. */
    public static byte[] request(String line, String body, String... headers) {
        return (line + "\r\n" + lines(headers) + "\r\n" + body).getBytes(StandardCharsets.UTF_8);
    }

    private static String lines(String... headers) {
        return String.join("", List.of(headers).stream().map(header -> header + "\r\n").toList());
    }
}
