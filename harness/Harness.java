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
//DEPS us.bpsm:edn-java:0.7.1
//SOURCES ../scripts/api/package-info.java
//SOURCES ../scripts/cli/package-info.java
//SOURCES ../scripts/cluster/package-info.java
//SOURCES ../scripts/consumer/package-info.java
//SOURCES ../scripts/dlq/package-info.java
//SOURCES ../scripts/families/package-info.java
//SOURCES ../scripts/http/package-info.java
//SOURCES ../scripts/ledger/package-info.java
//SOURCES ../scripts/messages/package-info.java
//SOURCES ../scripts/orders/package-info.java
//SOURCES ../scripts/replay/package-info.java
//SOURCES ../scripts/work/package-info.java
//SOURCES guarantees/*.java
//SOURCES history/*.java
//SOURCES lab/**.java
//SOURCES matrix/*.java
//SOURCES mutants/*.java
//SOURCES proofs/**.java
//SOURCES report/*.java
//SOURCES soak/*.java
//SOURCES story/*.java
//FILES report/page.html=report/page.html
//COMPILE_OPTIONS --release 21
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error
//RUNTIME_OPTIONS -Dorg.slf4j.simpleLogger.log.com.github.dockerjava.api.async.ResultCallbackTemplate=off

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lab.Broker;
import lab.Build;
import lab.ClassData;
import lab.Repo;
import lab.Sentence;
import lab.fixtures.DockerBroker;
import lab.fixtures.LabExtension;
import lab.fixtures.Needs;
import lab.fixtures.Tool;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherExecutionRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import report.Report;

/**
 * Does every guarantee hold, end to end, and does the proof fail without it? Builds the scripts once, opens a broker,
 * runs the proofs against both and ends with a line {@code N passed, N failed}, with what was skipped, and why.
 */
@Command(
        name = "Harness",
        mixinStandardHelpOptions = true,
        description = "Runs the proofs.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:none failed (some may have been skipped)",
            "1:some failed, or none ran",
            "2:wrong options",
            "130, 143:ended by Ctrl-C or SIGTERM"
        })
public class Harness implements Callable<Integer> {
    @Option(
            names = "--broker",
            defaultValue = "auto",
            paramLabel = "auto|docker|embedded|HOST:PORT",
            description =
                    "The Kafka to run on; auto takes Docker if an engine answers (default: ${DEFAULT-VALUE}).")
    private String choice;

    @Option(names = "--check", description = "Run only the tests that need neither a broker nor a built script.")
    private boolean check;

    @Option(names = "--only", defaultValue = ".*", paramLabel = "REGEX",
            description = "Run only the tests whose package.Class.method contains a match.")
    private Pattern only;

    @Option(names = "--parallel", defaultValue = "6", paramLabel = "N",
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
        Report report = new Report(System.out);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            report.interrupted();
            PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
            System.setOut(nowhere); // what fails now fails because of the interruption
            System.setErr(nowhere);
        }));
        if (check) {
            execute(request("check"), report);
        } else {
            prove(report);
        }
        return report.end() ? 0 : 1;
    }

    private void prove(Report report) throws IOException {
        Path logs = Files.createDirectories(Repo.file(".cache/harness/" + Instant.now().toString().replace(':', '-')));
        System.out.println("logs: " + Repo.root().relativize(logs));
        Build.scripts(logs);
        Build.inBackground(logs, "harness/payments/PaymentConsumer.java", Build.BRIEF);
        ClassData.make(logs);
        Build.inBackground(logs, "harness/Demo.java", Build.BRIEF);
        Build.inBackground(logs, "harness/fuzz/OrderFuzz.java", Build.BRIEF);
        for (String family : List.of("Connect", "Share", "SmallRye", "Spring", "Streams")) {
            Build.inBackground(logs, "harness/families/" + family + "Letters.java", Build.BRIEF);
        }
        Tool.use(logs);
        try (Broker broker = broker(logs.resolve("broker"))) {
            System.out.println("broker: " + broker.description());
            LabExtension.use(broker, logs);
            execute(request(broker instanceof DockerBroker ? "any() | none()" : "!docker"), report);
        }
    }

    private static void execute(LauncherDiscoveryRequest request, Report report) {
        Launcher launcher = LauncherFactory.create();
        TestPlan plan = launcher.discover(request);
        needed(plan).forEach(tool -> Thread.ofPlatform().daemon().start(tool::isAvailable)); // installing may take long
        launcher.execute(LauncherExecutionRequestBuilder.request(plan).listeners(report).build());
    }

    private static Set<Tool> needed(TestPlan plan) {
        return plan.getRoots().stream().flatMap(root -> plan.getDescendants(root).stream())
                .flatMap(test -> test.getSource().stream())
                .map(source -> switch (source) {
                    case ClassSource c -> c.getJavaClass();
                    case MethodSource m -> m.getJavaMethod();
                    default -> Harness.class;
                })
                .flatMap(element -> AnnotationSupport.findAnnotation(element, Needs.class).stream())
                .map(Needs::value)
                .collect(Collectors.toSet());
    }

    private Broker broker(Path logs) {
        return switch (choice) {
            case "docker" -> new DockerBroker("asked for", logs);
            case "embedded" -> Broker.embedded(logs, "asked for");
            case "auto" -> any(logs);
            default -> {
                if (!choice.matches(".+:\\d+")) {
                    throw new ParameterException(spec.commandLine(), "--broker " + choice
                            + ": give auto, docker, embedded or HOST:PORT.");
                }
                yield Broker.running(choice);
            }
        };
    }

    private static Broker any(Path logs) {
        if (!DockerBroker.possible()) {
            return Broker.embedded(logs, "no Docker engine answers");
        }
        try {
            return new DockerBroker("a Docker engine answers", logs);
        } catch (IllegalStateException e) {
            return Broker.embedded(logs, e.getMessage());
        }
    }

    /** @param tags an expression over the tags of the tests to run */
    private LauncherDiscoveryRequest request(String tags) {
        PostDiscoveryFilter filter =
                test -> FilterResult.includedIf(!(test.getSource().orElse(null) instanceof MethodSource m)
                        || only.matcher(m.getClassName() + "." + m.getMethodName()).find());
        return LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectPackage("proofs"))
                .filters(filter, TagFilter.includeTags(tags))
                .configurationParameter("junit.jupiter.execution.timeout.default", "3 m")
                .configurationParameter("junit.jupiter.testclass.order.default", // what takes longest begins first
                        ClassOrderer.OrderAnnotation.class.getName())
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
}
