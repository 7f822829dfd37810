package cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/**
 * {@code --quiet} and {@code --verbose}, and the log behind them: slf4j-simple, to the console (standard error) and,
 * for the scripts that have one, to a {@link LogFile}. Without {@code --verbose} Kafka's own loggers stay at WARN, and
 * its admin client logs nothing: its caller gets every failure, and reports it in one sentence.
 */
@Command(optionListHeading = "Log:%n")
public final class LogOptions {
    @Option(names = {"-q", "--quiet"}, description = "Log warnings and errors only.")
    private boolean quiet;

    @Option(names = {"-v", "--verbose"}, description = "Log details, and stack traces with errors.")
    private boolean verbose;

    public boolean quiet() {
        return quiet;
    }

    public boolean verbose() {
        return verbose;
    }

    /**
     * Sets a logger's level (off, error, ...) unless {@code --verbose}: for lines that say nothing new, or that are
     * reported better elsewhere.
     */
    public LogOptions level(String logger, String level) {
        if (!verbose) {
            set("log." + logger, level);
        }
        return this;
    }

    /**
     * Opens the log. Call it before the first logger is created: slf4j-simple reads its settings only then.
     *
     * @param file where to log besides the console, or null
     */
    public Logger open(Class<?> script, Path file) {
        set("defaultLogLevel", quiet ? "warn" : verbose ? "debug" : "info");
        for (String kafka : new String[] {"org.apache.kafka", "kafka", "state.change.logger"}) {
            set("log." + kafka, verbose ? "info" : "warn");
        }
        level("org.apache.kafka.common.config.AbstractConfig", "error"); // no list of unused settings
        level("org.apache.kafka.common.security.ssl.DefaultSslEngineFactory", "off"); // a missing file also throws
        set("showThreadName", "false");
        set("showShortLogName", "true");
        set("showDateTime", "true");
        set("dateTimeFormat", "yyyy-MM-dd HH:mm:ss.SSS");
        System.setErr(new LogStream(file == null ? null : new LogFile(file), verbose));
        return LoggerFactory.getLogger(script);
    }

    private static void set(String name, String value) {
        System.setProperty("org.slf4j.simpleLogger." + name, value);
    }

    /**
     * Standard error, and the log file. slf4j-simple writes each event with one {@code println}, so that all text from
     * outside is escaped here, whatever logs it.
     */
    private static final class LogStream extends PrintStream {
        private static final String ADMIN_CLIENT = "kafka-admin-client-thread"; // how its thread's name begins
        private static final String NETWORK = " WARN NetworkClient - ";
        private static final Pattern NO_CONNECTION =
                Pattern.compile("\\[.*] Connection to node \\S+ \\(([^)]*)\\) could not be established.*");
        private static final long NETWORK_NANOS = TimeUnit.SECONDS.toNanos(5);

        private LogFile file;
        private final boolean verbose;
        private final boolean colour = Ansi.AUTO.enabled();
        private long networkAt = System.nanoTime() - NETWORK_NANOS;

        LogStream(LogFile file, boolean verbose) {
            super(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
            this.file = file;
            this.verbose = verbose;
        }

        @Override
        public void println(String line) {
            if (!verbose && Thread.currentThread().getName().startsWith(ADMIN_CLIENT)) {
                return;
            }
            if (!verbose && line.contains(NETWORK) && !networkIsDue()) {
                return;
            }
            String safe = Printable.of(verbose ? line : NO_CONNECTION.matcher(line)
                    .replaceFirst("Kafka at $1 cannot be reached; trying again"));
            super.println(colour ? coloured(safe) : safe);
            if (file != null) {
                try {
                    file.append(safe);
                } catch (UncheckedIOException e) { // a full disk must not stop the script
                    file = null;
                    super.println("The log file can no longer be written (" + e.getCause().getMessage() + ").");
                }
            }
        }

        /** While Kafka is away, each client reports that several times a second. */
        private synchronized boolean networkIsDue() {
            long now = System.nanoTime();
            boolean due = now - networkAt >= NETWORK_NANOS;
            networkAt = due ? now : networkAt;
            return due;
        }

        @Override
        public void println(Object line) { // a stack trace arrives line by line, as objects
            println(String.valueOf(line).replace("\t", "    "));
        }

        private static String coloured(String line) {
            String style = line.contains(" ERROR ") ? "red" : line.contains(" WARN ") ? "yellow" : null;
            return style == null
                    ? line
                    : Ansi.Style.on(Ansi.Style.valueOf("fg_" + style)) + line + Ansi.Style.reset.on();
        }
    }
}
