package replay;

import cli.ExitCode;
import cli.Failure;
import cli.Printable;
import dlq.Letter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import messages.Json;
import org.apache.kafka.clients.producer.RecordMetadata;
import replay.Decision.Action;

/**
 * What was done with each dead letter, one JSON object per line, added to a file: {@code at} (ISO-8601), {@code
 * dead_letter} and {@code to} (TOPIC-PARTITION@OFFSET; null if it was not sent), {@code action} (replayed, quarantined,
 * gone, skipped), {@code key}, {@code exception}, {@code replays}. A line is written before the progress is committed:
 * after a kill, the last ones may be repeated. With {@code --exactly-once} it is written after the transaction: after a
 * kill, the last ones may be missing. Each line is one write, so that a kill leaves no partial line.
 */
public final class AuditLog implements AutoCloseable {
    private final OutputStream file;

    /** @param path null for none */
    public AuditLog(Path path) {
        try {
            file = path == null ? null : Files.newOutputStream(path, StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new Failure(ExitCode.USAGE, "--audit " + path + " cannot be written ("
                    + e.getClass().getSimpleName() + "): give a file in a folder that exists.", e);
        }
    }

    /** @param to null if it was not sent */
    void note(Outgoing one, RecordMetadata to) {
        if (file == null) {
            return;
        }
        Letter letter = one.decision().letter();
        Action action = one.decision().action();
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("at", Instant.now().toString());
        line.put("dead_letter", letter.record().topic() + "-" + letter.record().partition() + "@"
                + letter.record().offset());
        line.put("action", action.name().toLowerCase(Locale.ROOT));
        line.put("to", to == null ? null : to.topic() + "-" + to.partition() + "@" + to.offset());
        line.put("key", Letter.text(letter.record().key()));
        line.put("exception", letter.exception());
        line.put("replays", one.replays() + (action == Action.REPLAYED ? 1 : 0));
        try {
            file.write((Printable.whole(new String(Json.bytes(line), StandardCharsets.UTF_8)) + "\n")
                    .getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw full(e);
        }
    }

    private static Failure full(IOException e) {
        return new Failure(ExitCode.FAILED, "The --audit file can no longer be written (" + e.getMessage()
                + "): free some space and run it again; what was sent last is sent once more.", e);
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
