package http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import http.HttpRoutes.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;
import messages.Digest;

/** A file that does not change while the server runs: sent compressed, and only once to each browser (RFC 9110). */
public final class StaticFile {
    private static final String ONE_DAY = "max-age=86400";

    private final String type;
    private final byte[] bytes;
    private final byte[] compressed;
    private final String tag;

    public StaticFile(String type, byte[] bytes) {
        this.type = type;
        this.bytes = bytes;
        compressed = gzip(bytes);
        tag = "\"" + Digest.of(bytes) + "\"";
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return compressed.toByteArray();
    }

    /** 304 if the client has it already. */
    public Answer answer(HttpExchange exchange) {
        Headers request = exchange.getRequestHeaders();
        if (tag.equals(request.getFirst("If-None-Match"))) {
            return new Answer(304, null).with("ETag", tag);
        }
        boolean gzip = String.valueOf(request.getFirst("Accept-Encoding")).contains("gzip");
        Answer answer = new Answer(200, type, gzip ? compressed : bytes).with("ETag", tag)
                .with("Cache-Control", ONE_DAY).with("Vary", "Accept-Encoding");
        return gzip ? answer.with("Content-Encoding", "gzip") : answer;
    }
}
