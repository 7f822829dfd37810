package proofs.operation;

import static org.assertj.core.api.Assertions.assertThat;

import cli.LogFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No thread and no process that logs takes the log file from the others. */
@Tag("check")
class LogFileProof {
    private static final int LIMIT = 10_000_000;
    private static final int LENGTH = 1_000; // of a line, with its end
    private static final int PROCESSES = 3;
    private static final int LINES = 8_000; // of each process

    @TempDir
    private Path folder;

    /** As a handler does that is interrupted by its time-out, sets the flag again and logs. */
    @Test
    void aThreadThatLogsWhileInterruptedHarmsNoOther() {
        Path path = folder.resolve("app.log");
        LogFile log = new LogFile(path);
        appendInterrupted(log, "one that is interrupted");
        log.append("another");
        assertThat(path).hasContent("one that is interrupted\nanother\n");
    }

    @Test
    void aRotationThatIsInterruptedIsLeftToTheNextLine() throws Exception {
        Path path = folder.resolve("app.log");
        Files.write(path, new byte[LIMIT]);
        LogFile log = new LogFile(path);
        appendInterrupted(log, "one that is interrupted");
        log.append("another");
        assertThat(path).hasContent("another\n");
        assertThat(folder.resolve("app.log.1")).hasSize(LIMIT + "one that is interrupted\n".length());
    }

    private static void appendInterrupted(LogFile log, String line) {
        Thread.currentThread().interrupt();
        try {
            log.append(line);
            assertThat(Thread.currentThread().isInterrupted()).as("the flag is kept").isTrue();
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void aFileThatAnotherProcessHasRenamedGetsNoFurtherLine() {
        Path path = folder.resolve("app.log");
        LogFile one = new LogFile(path);
        LogFile other = new LogFile(path);
        String half = "x".repeat(LIMIT / 2);
        for (LogFile log : List.of(one, other, one, other)) { // the third call of append rotates
            log.append(half);
        }
        assertThat(folder.resolve("app.log.1")).hasSize(2 * (half.length() + 1));
        assertThat(path).hasSize(2 * (half.length() + 1));
    }

    @Test
    void severalProcessesLoseNoLineWhileTheFileRotates() throws Exception {
        Path path = folder.resolve("app.log");
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            String java = ProcessHandle.current().info().command().orElseThrow();
            Path classes = Path.of(LogFile.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            processes.add(new ProcessBuilder(java, "-XX:TieredStopAtLevel=1", "-cp",
                    classes + ":" + System.getProperty("java.class.path"), Writer.class.getName(), path.toString(),
                    String.valueOf(i)).inheritIO().start());
        }
        for (Process process : processes) {
            assertThat(process.waitFor()).isZero();
        }
        Set<String> lines = new HashSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(one -> !one.toString().endsWith(".lock")).toList()) {
                lines.addAll(Files.readAllLines(file));
                assertThat(Files.size(file)).as(file + ": at most one line of each process is too many")
                        .isLessThan(LIMIT + PROCESSES * LENGTH);
            }
        }
        assertThat(lines).hasSize(PROCESSES * LINES).allMatch(line -> line.length() == LENGTH - 1);
        assertThat(folder.resolve("app.log.2")).exists();
    }

    /** A process that logs. */
    static final class Writer {
        public static void main(String... args) {
            LogFile log = new LogFile(Path.of(args[0]));
            for (int i = 0; i < LINES; i++) {
                String start = args[1] + " " + i + " ";
                log.append(start + "x".repeat(LENGTH - 1 - start.length()));
            }
        }
    }
}
