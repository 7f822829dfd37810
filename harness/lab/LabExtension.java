package lab;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Gives every test its own {@link Lab}, and shows the tails of all its logs when the test fails. Tests with such a
 * parameter also get the {@link OwnBroker} of their class, or the {@link Browser}, which all tests share.
 */
public final class LabExtension implements BeforeAllCallback, ParameterResolver, AfterEachCallback {
    private static final Namespace NAMESPACE = Namespace.create(LabExtension.class);
    private static final Queue<Kafka> IDLE = new ConcurrentLinkedQueue<>();
    private static Broker broker;
    private static Path logs;

    private final Function<Path, Broker> special;

    public LabExtension() {
        this(null);
    }

    /** @param special opens, in a folder, a broker that the tests of one class use instead of the shared one */
    public LabExtension(Function<Path, Broker> special) {
        this.special = special;
    }

    /** Called once, before the tests run. */
    public static void use(Broker broker, Path logs) {
        LabExtension.broker = broker;
        LabExtension.logs = logs;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (special != null) { // JUnit closes it with the store of the class
            refuseToShare(context.getRequiredTestClass());
            Path folder = logs.resolve(context.getRequiredTestClass().getSimpleName());
            context.getStore(NAMESPACE).put("broker", special.apply(folder));
        }
    }

    /** A test that takes the broker may break it. Without this, another one may run on it meanwhile. */
    private static void refuseToShare(Class<?> proof) {
        boolean oneByOne = AnnotationSupport.findAnnotation(proof, Execution.class)
                .filter(execution -> execution.value() == ExecutionMode.SAME_THREAD).isPresent();
        if (!oneByOne && Arrays.stream(proof.getDeclaredMethods())
                .anyMatch(test -> List.of(test.getParameterTypes()).contains(OwnBroker.class))) {
            throw new IllegalStateException(proof + " breaks its broker: annotate it with "
                    + "@Execution(ExecutionMode.SAME_THREAD)");
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Lab.class || type == Browser.class || type == OwnBroker.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        if (parameter.getParameter().getType() == Browser.class) { // JUnit closes it after the last test
            return context.getRoot().getStore(NAMESPACE).computeIfAbsent("browser", key -> Browser.get());
        }
        Broker used = context.getStore(NAMESPACE).getOrDefault("broker", Broker.class, broker);
        if (parameter.getParameter().getType() == OwnBroker.class) {
            return used;
        }
        used.heal();
        String test = context.getRequiredTestClass().getSimpleName() + "." + context.getRequiredTestMethod().getName();
        Path folder = logs.resolve(test + invocation(context));
        Lab lab = used == broker ? Lab.with(used, folder, clients()) : new Lab(used, folder);
        context.getStore(NAMESPACE).put("lab", lab);
        return lab;
    }

    /** Clients of the shared broker: those that an earlier test has finished with, or new ones. */
    private static Kafka clients() {
        Kafka idle = IDLE.poll();
        return idle == null ? new Kafka(broker.client()) : idle;
    }

    /** For a test that runs several times with different parameters, the number of the run: "-2". */
    private static String invocation(ExtensionContext context) {
        Matcher number = Pattern.compile("test-template-invocation:#(\\d+)").matcher(context.getUniqueId());
        return number.find() ? "-" + number.group(1) : "";
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Lab lab = context.getStore(NAMESPACE).get("lab", Lab.class);
        if (lab != null) { // JUnit closes it with the store
            context.getExecutionException()
                    .ifPresent(e -> System.out.println("logs of " + context.getDisplayName() + "\n" + lab.tails()));
            if (lab.broker() == broker && context.getExecutionException().isEmpty()) {
                IDLE.add(lab.kafka());
            }
        }
    }
}
