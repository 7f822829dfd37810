///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Proves what the scripts promise, and breaks it on purpose: jbang Harness.java --broker auto
//JAVA 21+
//DEPS org.junit:junit-bom:6.1.3@pom
//DEPS org.slf4j:slf4j-simple:2.0.17
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.22.4
//DEPS org.apache.kafka:kafka-clients:4.4.0
//DEPS org.junit.jupiter:junit-jupiter
//DEPS org.junit.platform:junit-platform-launcher
//DEPS org.assertj:assertj-core:3.27.7
//DEPS org.awaitility:awaitility:4.3.0
//DEPS org.testcontainers:testcontainers-kafka:2.0.5
//DEPS com.networknt:json-schema-validator:2.0.8
//DEPS com.microsoft.playwright:playwright:1.62.0
//DEPS io.swagger.parser.v3:swagger-parser-v3:2.1.48
//SOURCES guarantees/*.java
//SOURCES lab/*.java
//SOURCES proofs/*.java
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.log.com.github.dockerjava.api.async.ResultCallbackTemplate=off

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import lab.Broker;
import lab.Build;
import lab.ClassData;
import lab.DockerBroker;
import lab.LabExtension;
import lab.Repo;
import lab.Sentence;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Does every guarantee hold, end to end, and does the proof fail without it? Builds the scripts once, opens a broker,
 * runs the proofs against both and ends with a line {@code N passed, N failed}.
 */
@Command(
        name = "Harness",
        mixinStandardHelpOptions = true,
        description = "Runs the proofs.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:all passed", "1:some failed, or none ran", "2:wrong options"})
public class Harness implements Callable<Integer> {
    @Option(
            names = "--broker",
            defaultValue = "auto",
            paramLabel = "auto|docker|embedded|HOST:PORT",
            description =
                    "Which Kafka to prove it on; auto takes Docker if an engine answers (default: ${DEFAULT-VALUE}).")
    private String choice;

    @Option(names = "--only", defaultValue = ".*", paramLabel = "REGEX",
            description = "Run only the tests in whose Class.method this is found.")
    private String only;

    @Option(names = "--parallel", defaultValue = "3", paramLabel = "N",
            description = "How many tests to run at a time (default: ${DEFAULT-VALUE}).")
    private int parallel;

    @Spec
    private CommandSpec spec;

    public static void main(String... args) {
        System.exit(new CommandLine(new Harness())
                .setExecutionExceptionHandler(new Sentence())
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        Path logs = Files.createDirectories(Repo.file(".cache/harness/" + Instant.now().toString().replace(':', '-')));
        Build.scripts(logs);
        ClassData.leave(logs);
        Build.demo(logs);
        Build.atFullSpeed(logs, "harness/fuzz/OrderFuzz.java");
        Build.others(logs, "harness/families/ConnectLetters.java", "harness/families/SmallRyeLetters.java",
                "harness/families/ShareLetters.java", "harness/families/SpringLetters.java",
                "harness/families/StreamsLetters.java");
        Report report = new Report();
        try (Broker broker = broker(logs.resolve("broker"))) {
            System.out.println("broker: " + broker.description());
            LabExtension.use(broker, logs);
            LauncherFactory.create().execute(request(), report);
        }
        System.out.println("logs: " + Repo.root().relativize(logs));
        System.out.println(report.passed + " passed, " + report.failed + " failed");
        return report.failed == 0 && report.passed > 0 ? 0 : 1;
    }

    private Broker broker(Path logs) {
        return switch (choice) {
            case "docker" -> new DockerBroker("asked for");
            case "embedded" -> Broker.embedded(logs, "asked for");
            case "auto" -> DockerBroker.possible() ? new DockerBroker("a Docker engine answers")
                    : Broker.embedded(logs, "no Docker engine answers");
            default -> {
                if (!choice.matches(".+:\\d+")) {
                    throw new ParameterException(spec.commandLine(), "--broker " + choice
                            + ": give auto, docker, embedded or HOST:PORT.");
                }
                yield Broker.running(choice);
            }
        };
    }

    private LauncherDiscoveryRequest request() {
        var pattern = java.util.regex.Pattern.compile(only);
        PostDiscoveryFilter filter =
                test -> FilterResult.includedIf(!(test.getSource().orElse(null) instanceof MethodSource m)
                        || pattern.matcher(simple(m.getClassName()) + "." + m.getMethodName())
                                .find());
        return LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectPackage("guarantees"), DiscoverySelectors.selectPackage("proofs"))
                .filters(filter)
                .configurationParameter("junit.jupiter.execution.timeout.default", "3 m")
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true") // they mostly wait
                .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                .configurationParameter(
                        "junit.jupiter.execution.parallel.config.executor-service", "WORKER_THREAD_POOL")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter(
                        "junit.jupiter.execution.parallel.config.fixed.parallelism", String.valueOf(parallel))
                .configurationParameter(
                        "junit.jupiter.execution.parallel.config.fixed.max-pool-size", String.valueOf(parallel))
                .build();
    }

    private static String simple(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    /** Says how each test went, and counts. */
    private static final class Report implements TestExecutionListener {
        private final Map<TestIdentifier, Instant> started = new ConcurrentHashMap<>();
        private int passed;
        private int failed;

        @Override
        public void executionStarted(TestIdentifier test) {
            started.put(test, Instant.now());
        }

        @Override
        public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
                executionSkipped(test, result.getThrowable().map(Throwable::getMessage).orElse(""));
            } else if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                failed++;
                say("@|red FAILED|@", test);
                result.getThrowable().ifPresent(e -> e.printStackTrace(new PrintWriter(System.out, true)));
            } else if (test.isTest()) {
                passed++;
                say("@|green passed|@", test);
            }
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            System.out.println(Ansi.AUTO.string("  @|yellow not run|@  ") + name(test) + ": " + reason);
        }

        private void say(String how, TestIdentifier test) {
            System.out.printf("  %s  %-100s %5.1f s%n", Ansi.AUTO.string(how), name(test),
                    Duration.between(started.get(test), Instant.now()).toMillis() / 1000.0);
        }

        private static String parameters(TestIdentifier test) {
            return test.getDisplayName().startsWith("[") ? " " + test.getDisplayName() : "";
        }

        private static String name(TestIdentifier test) {
            return test.getSource()
                    .filter(MethodSource.class::isInstance)
                    .map(MethodSource.class::cast)
                    .map(m -> simple(m.getClassName()) + "." + m.getMethodName() + parameters(test))
                    .orElse(test.getDisplayName());
        }
    }
}
