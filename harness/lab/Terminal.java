package lab;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A shell that commands are typed into; standard output and error are in one file, as on a screen. */
public final class Terminal implements AutoCloseable {
    private final Process shell;
    private final OutputStream keyboard;
    /** A shell that Ctrl-C reaches, even if the harness ignores it as background jobs do; only GNU env undoes that. */
    private static final String INTERRUPTIBLE =
            "env --default-signal=INT true 2>/dev/null && exec env --default-signal=INT bash; exec bash";

    private final Path screen;
    private int seen;

    /**
     * @param logs   the folder for its output
     * @param folder its working directory
     */
    public Terminal(String name, Path logs, Path folder) {
        try {
            Files.createDirectories(logs);
            screen = Files.createFile(logs.resolve("terminal-" + name + ".out"));
            ProcessBuilder bash = new ProcessBuilder("bash", "-c", INTERRUPTIBLE).directory(folder.toFile())
                    .redirectErrorStream(true).redirectOutput(screen.toFile());
            bash.environment().putAll(Build.QUICK);
            shell = Reaper.start(bash);
            keyboard = shell.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Types one or more lines and Enter. What was on the screen before no longer counts. */
    public void type(String commands) {
        if (!commands.startsWith("# Ctrl-C")) { // what it prints when it ends counts
            seen = all().length();
        }
        try {
            keyboard.write((commands + "\n").getBytes(StandardCharsets.UTF_8));
            keyboard.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ctrl-C: ends what runs in the foreground, as a terminal does, and not the shell. */
    public void interrupt() {
        seen = all().length();
        shell.children().forEach(child -> Running.signal("INT", child.pid()));
    }

    /** The output since the last call of {@link #type} or {@link #interrupt}. */
    public String screen() {
        return all().substring(seen);
    }

    private String all() {
        try {
            return Files.readString(screen).replaceAll("(?m)^Picked up JAVA_TOOL_OPTIONS.*\n", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the shell and all that it started. */
    @Override
    public void close() {
        Reaper.end(shell);
    }
}
