package cli;

import java.nio.file.Path;
import org.slf4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@link LogOptions} with {@code --log-file}, for the scripts that run for long. */
@Command(optionListHeading = "Log:%n")
public final class LogFileOptions {
    private static final String DEFAULT_LOG_FILE = "kafka_app.log";

    @Option(names = "--log-file", defaultValue = DEFAULT_LOG_FILE, paramLabel = "FILE",
            description = "The file to log to, as well as to the console (default: ${DEFAULT-VALUE}).")
    private Path logFile;

    @Mixin
    private LogOptions options;

    /** See {@link LogOptions#open}. */
    public Logger open(Class<?> script) {
        return options.open(script, logFile);
    }
}
