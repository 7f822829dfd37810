package cli;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * A log file that several processes append to and that rotates at 10 MB: {@code kafka_app.log} becomes
 * {@code kafka_app.log.1}, that one {@code .2}, up to {@code .5}.
 */
public final class LogFile {
    private static final long LIMIT = 10_000_000;
    private static final int KEPT = 5;

    private final Path path;
    private OutputStream out; // not a channel, which an interrupt of any thread that logs would close
    private Object opened; // the key of the open file

    public LogFile(Path path) {
        this.path = path.toAbsolutePath();
        try {
            Files.createDirectories(this.path.getParent());
            open();
        } catch (IOException e) {
            throw new Failure("The log file " + path + " cannot be written (" + e.getClass().getSimpleName()
                    + "): choose another with --log-file.");
        }
    }

    public synchronized void append(String line) {
        try {
            BasicFileAttributes now = attributes();
            if (now == null || now.size() >= LIMIT || !Objects.equals(key(now), opened)) {
                rotate();
            }
            out.write((line + "\n").getBytes(StandardCharsets.UTF_8)); // one write, one line
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first process renames; the others find a small file under the name, and only open it. */
    private void rotate() throws IOException {
        try (FileChannel guard =
                        FileChannel.open(numbered("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = guard.lock()) {
            if (Files.exists(path) && Files.size(path) >= LIMIT) {
                for (int i = KEPT; i > 0; i--) {
                    Path from = i == 1 ? path : numbered(String.valueOf(i - 1));
                    if (Files.exists(from)) {
                        Files.move(from, numbered(String.valueOf(i)), StandardCopyOption.REPLACE_EXISTING);
                    }
                }
            }
            open();
        } catch (FileLockInterruptionException e) {
            // a thread that is interrupted cannot wait for the lock: the next line of another one rotates
        }
    }

    private Path numbered(String suffix) {
        return path.resolveSibling(path.getFileName() + "." + suffix);
    }

    /** Opens it; once more if it is new, or if another process has renamed it in between. */
    private void open() throws IOException {
        Object before;
        do {
            if (out != null) {
                out.close();
            }
            before = key(attributes());
            out = new FileOutputStream(path.toFile(), true);
            opened = key(attributes());
        } while (!Objects.equals(before, opened));
    }

    /** Of what has the name now; null if there is nothing. */
    private BasicFileAttributes attributes() throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static Object key(BasicFileAttributes file) {
        return file == null ? null : file.fileKey();
    }
}
