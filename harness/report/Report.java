package report;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import picocli.CommandLine.Help.Ansi;

/**
 * Prints the result of each test and the progress of the run, and counts. A test with parameters counts once for each
 * set of them; also when it is skipped. A skipped test shows what was missing.
 */
public final class Report implements TestExecutionListener {
    private static final int LONGEST_FAILURE = 300; // in the list at the end

    private final PrintStream out;
    private final Map<TestIdentifier, Instant> started = new ConcurrentHashMap<>();
    private final TreeSet<String> missing = new TreeSet<>();
    private final List<String> failures = new ArrayList<>();
    private TestPlan plan;
    private int total;
    private int passed;
    private int failed;
    private int skipped;
    private boolean ended;

    public Report(PrintStream out) {
        this.out = out;
    }

    @Override
    public synchronized void testPlanExecutionStarted(TestPlan plan) {
        this.plan = plan;
        total = plan.getRoots().stream().mapToInt(this::tests).sum();
    }

    /** How many tests an identifier stands for. The runs of a test with parameters are only known as they run. */
    private int tests(TestIdentifier test) {
        if (test.isTest()) {
            return 1;
        }
        return test.getSource().filter(MethodSource.class::isInstance).map(MethodSource.class::cast)
                .map(MethodSource::getJavaMethod).map(Report::invocations)
                .orElseGet(() -> plan.getChildren(test).stream().mapToInt(this::tests).sum());
    }

    private static int invocations(Method test) {
        return AnnotationSupport.findAnnotation(test, CsvSource.class).map(source -> source.value().length)
                .or(() -> AnnotationSupport.findAnnotation(test, ValueSource.class)
                        .map(source -> source.strings().length + source.ints().length))
                .or(() -> AnnotationSupport.findAnnotation(test, EnumSource.class)
                        .map(source -> test.getParameterTypes()[0].getEnumConstants().length))
                .orElseThrow(() -> new IllegalStateException(test + " has a source that is not counted here"));
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        started.put(test, Instant.now());
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (ended) {
            return; // what fails now does so because all processes are being ended
        }
        switch (result.getStatus()) {
            case ABORTED -> executionSkipped(test, result.getThrowable().map(Throwable::getMessage).orElse(""));
            case FAILED -> {
                failed++;
                say("@|red FAILED|@ ", test);
                result.getThrowable().ifPresent(e -> e.printStackTrace(new PrintWriter(out, true)));
                failures.add(name(test) + result.getThrowable().map(e -> ": " + oneLine(e)).orElse(""));
            }
            case SUCCESSFUL -> {
                if (test.isTest()) {
                    passed++;
                    say("@|green passed|@ ", test);
                }
            }
        }
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        if (ended) {
            return;
        }
        skipped += tests(test);
        missing.add(reason);
        out.println(progress() + Ansi.AUTO.string("@|yellow skipped|@ ") + name(test) + ": " + reason);
    }

    private void say(String how, TestIdentifier test) {
        out.printf("%s%s%-100s %5.1f s%n", progress(), Ansi.AUTO.string(how), name(test),
                Duration.between(started.get(test), Instant.now()).toMillis() / 1000.0);
    }

    private String progress() {
        int width = String.valueOf(total).length();
        return String.format("[%" + width + "d/%d]  ", passed + failed + skipped, total);
    }

    private static String name(TestIdentifier test) {
        String invocation = test.getDisplayName().startsWith("[") ? " " + test.getDisplayName() : "";
        return test.getSource()
                .filter(MethodSource.class::isInstance)
                .map(MethodSource.class::cast)
                .map(m -> m.getClassName().replaceAll(".*\\.", "") + "." + m.getMethodName() + invocation)
                .orElse(test.getDisplayName());
    }

    /** Its beginning, in one line. */
    private static String oneLine(Throwable e) {
        String text = String.valueOf(e).replaceAll("\\s+", " ");
        return text.substring(0, Math.min(text.length(), LONGEST_FAILURE));
    }

    private String summary() {
        return passed + " passed, " + failed + " failed"
                + (skipped == 0 ? "" : ", " + skipped + " skipped (" + String.join(", ", missing) + ")");
    }

    /**
     * Prints what failed once more, and the last line: {@code 152 passed, 0 failed}, and what was skipped,
     * {@code , 4 skipped (no browser)}.
     *
     * @return whether something ran, and nothing failed
     */
    public synchronized boolean end() {
        if (!ended) {
            failures.forEach(failure -> out.println(Ansi.AUTO.string("@|red FAILED|@ ") + failure));
            out.println(summary());
        }
        ended = true;
        return passed > 0 && failed == 0;
    }

    /** Prints the last line of a run that is interrupted: later results do not count. */
    public synchronized void interrupted() {
        if (!ended) {
            out.println(plan == null ? "interrupted before the first test" : "\ninterrupted: " + summary() + ", "
                    + (total - passed - failed - skipped) + " of " + total + " not run; ending what they started");
        }
        ended = true;
    }
}
