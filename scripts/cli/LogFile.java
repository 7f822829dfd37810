package cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A log file that several processes append to and that rotates at 10 MB: {@code kafka_app.log} becomes
 * {@code kafka_app.log.1}, that one {@code .2}, up to {@code .5}.
 */
final class LogFile {
    private static final long LIMIT = 10_000_000;
    private static final int KEPT = 5;

    private final Path path;
    private FileChannel channel;

    LogFile(Path path) {
        this.path = path.toAbsolutePath();
        try {
            Files.createDirectories(this.path.getParent());
            channel = open();
        } catch (IOException e) {
            throw new Failure("The log file " + path + " cannot be written (" + e.getClass().getSimpleName()
                    + "): choose another with --log-file.");
        }
    }

    synchronized void append(String line) {
        try {
            if (channel.size() >= LIMIT) {
                rotate();
            }
            channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8))); // one write, one line
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
            channel.close();
            channel = open();
        }
    }

    private Path numbered(String suffix) {
        return path.resolveSibling(path.getFileName() + "." + suffix);
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }
}
