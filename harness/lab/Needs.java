package lab;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * A test that needs a tool. If the machine does not have it and it cannot be installed, the test is skipped, and the
 * last line of the run says so. With CI=true the test fails instead, so that it is noticed.
 */
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(Needs.Condition.class)
public @interface Needs {
    Tool value();

    /** Skips, or fails, a test that cannot run here. */
    final class Condition implements ExecutionCondition, BeforeEachCallback {
        private static final boolean SKIPPING_IS_FAILING = "true".equals(System.getenv("CI"));

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return AnnotationSupport.findAnnotation(context.getElement(), Needs.class).map(Needs::value)
                    .filter(tool -> !SKIPPING_IS_FAILING && !tool.isAvailable())
                    .map(tool -> ConditionEvaluationResult.disabled(tool.missing))
                    .orElse(ConditionEvaluationResult.enabled("nothing is missing"));
        }

        @Override
        public void beforeEach(ExtensionContext context) {
            for (ExtensionContext here = context; here != null; here = here.getParent().orElse(null)) {
                AnnotationSupport.findAnnotation(here.getElement(), Needs.class).map(Needs::value)
                        .filter(tool -> !tool.isAvailable())
                        .ifPresent(tool -> {
                            throw new AssertionError(tool.missing + ": " + tool.remedy
                                    + ". (With CI=true, no proof may be skipped.)");
                        });
            }
        }
    }
}
