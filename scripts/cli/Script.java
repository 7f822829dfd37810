package cli;

import cluster.ClusterFailure;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * What all scripts have in common: they parse options, turn a failure into one sentence and an exit code, end cleanly.
 */
public final class Script {
    /** What Kubernetes puts into ORDER_API_PORT where there is a service of that name. */
    private static final Pattern SERVICE = Pattern.compile("(tcp|udp|sctp)://.*");
    private static final String HELP_OPTIONS = "mixinStandardHelpOptions"; // how picocli names them

    private Script() {
    }

    /** Runs a picocli command to its end and returns its exit code (see {@link ExitCode}). */
    public static int run(Object command, String... args) {
        CommandLine line = new CommandLine(command);
        prepareHelp(line);
        return line
                .setDefaultValueProvider(Script::fromEnvironment)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Script::badUsage)
                .setExecutionExceptionHandler(Script::failed)
                .execute(args);
    }

    /** For containers: an option that the command line does not set is read from the environment. */
    private static String fromEnvironment(ArgSpec arg) {
        if (!(arg instanceof OptionSpec option) || option.usageHelp() || option.versionHelp()) {
            return null;
        }
        String value = System.getenv(variable(option));
        return value == null || value.isBlank() || SERVICE.matcher(value).matches() ? null : value;
    }

    /** {@code ORDER_API_PORT} for {@code OrderApi --port}, {@code DLQ_INSPECTOR_RATE} for its {@code replay --rate}. */
    private static String variable(OptionSpec option) {
        String script = option.command().root().name().replaceAll("(?<=[a-z])(?=[A-Z])", "_");
        return (script + option.longestName().replaceFirst("^-", "").replace('-', '_')).toUpperCase(Locale.ROOT);
    }

    private static int badUsage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String wrong = e.getMessage().replaceFirst("is not an? (int|long)$", "is not a whole number");
        List<String> near = e instanceof UnmatchedArgumentException unknown ? unknown.getSuggestions() : List.of();
        complain(command, wrong + (near.isEmpty() ? "" : "; did you mean " + near.getFirst() + "?")
                + " (--help lists the options)");
        return ExitCode.USAGE.code();
    }

    private static int failed(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
        if (command.getParseResult().hasMatchedOption("--verbose")) { // of the subcommand, if there is one
            e.printStackTrace();
        }
        return switch (e) {
            case Failure failure -> {
                complain(command, failure.getMessage());
                yield failure.exitCode().code();
            }
            case ClusterFailure failure -> {
                complain(command, failure.getMessage());
                yield switch (failure.kind()) {
                    case REFUSED -> ExitCode.FAILED.code();
                    case WRONG_SETTINGS -> ExitCode.USAGE.code();
                    case UNREACHABLE -> ExitCode.NO_BROKER.code();
                };
            }
            default -> {
                complain(command, e.getClass().getSimpleName() + ": " + e.getMessage() + " (--verbose shows where)");
                yield ExitCode.FAILED.code();
            }
        };
    }

    private static void complain(CommandLine command, String sentence) {
        PrintWriter err = command.getErr();
        err.println(command.getColorScheme().errorText(
                command.getCommandSpec().qualifiedName() + ": " + Printable.of(sentence)));
        err.flush();
    }

    // --- help -----------------------------------------------------------------------------------------------------

    /** Options under headings, one for each mixin, exit codes, version and examples; for the subcommands too. */
    private static void prepareHelp(CommandLine line) {
        if (line.getCommandSpec().version().length == 0) {
            line.getCommandSpec().version("Kafka Order Lab, with the clients of Apache Kafka 4.4.0");
        }
        line.getCommandSpec().usageMessage().optionListHeading("").sortOptions(false).abbreviateSynopsis(true)
                .exitCodeListHeading("%nExit codes:%n").exitCodeList(ExitCode.all()).footerHeading("%nExamples:%n");
        line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, Script::options);
        line.getSubcommands().values().forEach(Script::prepareHelp);
    }

    private static String options(Help help) {
        StringBuilder text = new StringBuilder();
        appendAll(text, help, "Options:%n", "", help.commandSpec());
        append(text, help, "%nHelp:%n", help.commandSpec().mixins().get(HELP_OPTIONS).options());
        help.commandSpec().options().stream().filter(option -> !option.usageHelp()).findFirst().ifPresent(
                first -> text.append(String.format("%nAn environment variable can set each option, too: %s sets %s.%n",
                        variable(first), first.longestName())));
        return text.toString();
    }

    /** The options of a command or mixin itself, and then those of its mixins under their own headings. */
    private static void appendAll(StringBuilder text, Help help, String heading, String above, CommandSpec spec) {
        List<OptionSpec> own = new ArrayList<>(spec.options());
        spec.mixins().values().forEach(mixin -> own.removeAll(mixin.options()));
        append(text, help, heading.equals(above) ? "" : "%n" + heading, own);
        spec.mixins().forEach((name, mixin) -> {
            if (!name.equals(HELP_OPTIONS)) {
                appendAll(text, help, mixin.usageMessage().optionListHeading(), heading, mixin);
            }
        });
    }

    private static void append(StringBuilder text, Help help, String heading, List<OptionSpec> options) {
        if (!options.isEmpty()) {
            Help.Layout layout = help.createDefaultLayout();
            layout.addOptions(options, help.createDefaultParamLabelRenderer());
            text.append(help.createHeading(heading)).append(layout);
        }
    }

    /**
     * Until {@link #close()}, Ctrl-C or SIGTERM runs {@code stop}, and then keeps the JVM alive until the script has
     * closed what it has open. Declare it first in a try-with-resources, so that it is closed last.
     */
    public static final class Shutdown implements AutoCloseable {
        private static final Duration BOUND = Duration.ofSeconds(30);
        private static final Semaphore MAY_END = new Semaphore(1); // a script that has something open takes the permit

        public Shutdown(Runnable stop) {
            this(stop, BOUND);
        }

        /** @param bound how long to keep the JVM alive at most */
        public Shutdown(Runnable stop, Duration bound) {
            MAY_END.acquireUninterruptibly();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                stop.run();
                try {
                    if (MAY_END.tryAcquire(bound.toMillis(), TimeUnit.MILLISECONDS)) {
                        MAY_END.release(); // for the hooks of others that were closed before
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }, "shutdown"));
        }

        @Override
        public void close() {
            MAY_END.release();
        }

        /** Waits for something before anything is open that would have to be closed: meanwhile the JVM may end. */
        static <T> T whileNothingIsOpen(Supplier<T> waiting) {
            MAY_END.release();
            try {
                return waiting.get();
            } finally {
                MAY_END.acquireUninterruptibly();
            }
        }
    }
}
