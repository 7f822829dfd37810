package cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * What every script does alike: parse its options, turn a failure into one sentence and an exit code, end cleanly.
 *
 * <p>Exit codes: {@value #OK} done, {@value #FAILED} failed, {@value #USAGE} wrong options, {@value #NO_BROKER} Kafka
 * cannot be reached. A signal gives 130 (Ctrl-C) or 143 (SIGTERM), as the JVM has it.
 */
public final class Script {
    public static final int OK = 0;
    public static final int FAILED = 1;
    public static final int USAGE = 2;
    public static final int NO_BROKER = 3;

    private Script() {
    }

    /** A failure that is told to the user in one sentence: what is wrong and what to do about it. */
    public static final class Failure extends RuntimeException {
        private final int exitCode;

        public Failure(String sentence) {
            this(FAILED, sentence, null);
        }

        public Failure(int exitCode, String sentence, Throwable cause) {
            super(sentence, cause);
            this.exitCode = exitCode;
        }
    }

    /** Runs a picocli command to its end and returns its exit code. */
    public static int run(Object command, String... args) {
        return new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Script::badUsage)
                .setExecutionExceptionHandler(Script::failed)
                .execute(args);
    }

    private static int badUsage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        complain(command, e.getMessage() + " (--help lists the options)");
        return USAGE;
    }

    private static int failed(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
        if (command.getParseResult().hasMatchedOption("--verbose")) { // its own, be it a subcommand
            e.printStackTrace();
        }
        if (e instanceof Failure failure) {
            complain(command, failure.getMessage());
            return failure.exitCode;
        }
        complain(command, e.getClass().getSimpleName() + ": " + e.getMessage() + " (--verbose shows where)");
        return FAILED;
    }

    private static void complain(CommandLine command, String sentence) {
        PrintWriter err = command.getErr();
        err.println(command.getColorScheme().errorText(
                command.getCommandSpec().qualifiedName() + ": " + Printable.of(sentence)));
        err.flush();
    }

    /**
     * From construction to {@link #close()}, a Ctrl-C or SIGTERM runs {@code stop} and then holds the JVM until the
     * script has closed what it has open. Declare it first in a try-with-resources, so that it is closed last.
     */
    public static final class Shutdown implements AutoCloseable {
        private static final Duration BOUND = Duration.ofSeconds(30);
        private final CountDownLatch closed = new CountDownLatch(1);

        public Shutdown(Runnable stop) {
            this(stop, BOUND);
        }

        /** @param bound for how long to hold the JVM at most */
        public Shutdown(Runnable stop, Duration bound) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                stop.run();
                try {
                    closed.await(bound.toMillis(), TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }, "shutdown"));
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }
}
