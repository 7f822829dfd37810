package history;

import history.History.Entry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Appends events to a file as they happen, one line of JSON each. Many threads may use it. An event that was added is
 * in the file even if this process is killed right after.
 */
public final class Recorder implements AutoCloseable {
    private static final long MOST = 2_000_000;

    private final Path file;
    private final long most;
    private final Writer writer;
    private final long start = System.nanoTime();
    private long next;

    /** @param file is created; what was in it is gone */
    public Recorder(Path file) throws IOException {
        this(file, MOST);
    }

    /** @param most how many events it takes */
    public Recorder(Path file, long most) throws IOException {
        this.file = file;
        this.most = most;
        writer = Files.newBufferedWriter(file);
    }

    /**
     * Appends an event.
     *
     * @return its index: the attempt's number, if it is an {@link Event.Invoked}
     * @throws IllegalStateException if there are as many as it takes: a history with holes proves nothing
     */
    public synchronized long add(Event event) {
        if (next == most) {
            throw new IllegalStateException(file + " has " + most + " events, and takes no more: run for less time.");
        }
        try {
            writer.write(History.JSON.writeValueAsString(new Entry(next, now(), event)) + "\n");
            writer.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write to " + file, e);
        }
        return next++;
    }

    /** Nanoseconds since the history began. */
    public long now() {
        return System.nanoTime() - start;
    }

    /** What has happened so far. */
    public History history() throws IOException {
        return History.read(file);
    }

    @Override
    public synchronized void close() throws IOException {
        writer.close();
    }
}
