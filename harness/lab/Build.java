package lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Builds every script once, one after the other: JBang's cold builds do not get along with each other. */
public final class Build {
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private Build() {
    }

    public static void scripts(Path logs) {
        for (String script : Repo.scripts()) {
            System.out.print("building " + script + "\r");
            Running build = Running.start("build-" + script, logs, Repo.root(), Map.of(),
                    List.of(Repo.file("jbang").toString(), "build", "scripts/" + script + ".java"));
            if (build.awaitExit(LONGEST) != 0) {
                throw new IllegalStateException(script + " does not build\n" + build.tail());
            }
        }
        System.out.println("built " + Repo.scripts().size() + " scripts            ");
    }
}
