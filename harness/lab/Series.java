package lab;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs a script many times, one after the other, in one process: most of what a command costs is the start of its JVM.
 * It is for tests of commands that end by themselves. A test of a signal, a kill or a first start needs a process of
 * its own ({@link Lab#start}).
 */
public final class Series implements AutoCloseable {
    private static final int LONGEST_S = 150;

    private final String script;
    private final Process process;
    private final DataOutputStream commands;
    private final DataInputStream results;
    private final Path err;
    private int number;
    private Ended last;

    Series(String script, Path folder) {
        this.script = script;
        try {
            Files.createDirectories(folder);
            err = folder.resolve(script + "-series.err");
            process = Reaper.start(new ProcessBuilder(Build.seriesCommand(script)).directory(folder.toFile())
                    .redirectError(err.toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        commands = new DataOutputStream(process.getOutputStream());
        results = new DataInputStream(process.getInputStream());
    }

    /** Runs the script with these options to its end. */
    public synchronized Ended run(String... options) {
        number++;
        CompletableFuture<Ended> ended = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                ended.complete(runNow(options));
            } catch (IOException | RuntimeException e) {
                ended.completeExceptionally(e);
            }
        });
        try {
            last = ended.get(LONGEST_S, TimeUnit.SECONDS);
            return last;
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            close();
            throw new IllegalStateException(name() + " " + String.join(" ", options) + " has not ended\n" + tail(), e);
        }
    }

    private Ended runNow(String... options) throws IOException {
        int before = Files.readString(err).length();
        commands.writeInt(options.length);
        for (String option : options) {
            commands.writeUTF(option);
        }
        commands.flush();
        int exitCode = results.readInt();
        String out = new String(results.readNBytes(results.readInt()), StandardCharsets.UTF_8);
        return new Ended(name(), exitCode, out, Files.readString(err).substring(before));
    }

    private String name() {
        return script + "-series, run " + number;
    }

    /** The output of the last command, and the standard error of all commands. */
    public String tail() {
        try {
            return (last == null ? "" : last.tail())
                    + "--- " + script + "-series\n" + Ended.tail(Files.readString(err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        Reaper.kill(process);
    }

    // --- in the script's process ----------------------------------------------------------------------------------

    /** @param args the name of the script's class */
    public static void main(String... args) throws Exception {
        Class<?> script = Class.forName(args[0]);
        Method run = Class.forName("cli.Script").getMethod("run", Object.class, String[].class);
        Charset charset = System.out.charset(); // as in a process of its own
        DataOutputStream results = new DataOutputStream(System.out);
        DataInputStream commands = new DataInputStream(System.in);
        System.setIn(InputStream.nullInputStream());
        while (true) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            System.setOut(new PrintStream(out, true, charset));
            int exitCode = (int) run.invoke(null, script.getConstructor().newInstance(), options(commands));
            System.out.flush();
            System.err.flush();
            results.writeInt(exitCode);
            results.writeInt(out.size());
            out.writeTo(results);
            results.flush();
        }
    }

    private static String[] options(DataInputStream commands) throws IOException {
        try {
            String[] options = new String[commands.readInt()];
            for (int i = 0; i < options.length; i++) {
                options[i] = commands.readUTF();
            }
            return options;
        } catch (EOFException e) { // the test is over
            System.exit(0);
            return null;
        }
    }
}
