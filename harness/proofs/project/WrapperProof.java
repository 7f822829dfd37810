package proofs.project;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lab.Repo;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The wrapper {@code ./jbang}, and the scripts beside it, on machines that are set up in unusual ways. JDK and JBang
 * are scripts here that say what they were asked; {@link ScriptsProof} runs the wrapper with the real ones.
 */
@Tag("check")
class WrapperProof {
    private static final List<String> TOOLS = List.of("bash", "sed", "dirname", "readlink", "cat", "tr", "mkdir",
            "mktemp", "rm", "mv", "ls", "env", "echo");
    private static final int LONGEST_S = 20;

    @TempDir
    private Path folder;

    private Path wrapper;
    private Path tools;
    private Path jdk;
    private final Map<String, String> environment = new HashMap<>();

    private record Result(int status, String out, String err) {
    }

    /** A machine with a JDK, and with JBang as an earlier run has downloaded it, but without an installed one. */
    @BeforeEach
    void machine() throws IOException {
        wrapper = checkout("checkout");
        tools = Files.createDirectories(folder.resolve("tools"));
        for (String tool : TOOLS) {
            provide(tool);
        }
        jdk = jdk("jdk", "");
        Files.createDirectories(folder.resolve("cache/wrapper-" + version() + "/lib"));
        environment.putAll(Map.of("PATH", tools.toString(), "HOME", folder.toString(), "JAVA_HOME", jdk.toString(),
                "JBANG_CACHE_DIR", folder.resolve("cache").toString()));
    }

    // --- JDKs -----------------------------------------------------------------------------------------------------

    @Test
    void aJdkWithoutAReleaseFileIsTaken() throws Exception {
        assertThat(run(wrapper.toString(), "x", "y z"))
                .isEqualTo(new Result(0, "downloaded: " + jdk + ": x y z\n", ""));
    }

    /** Such as macOS's /usr/bin/java, or a shim of asdf or jenv: the JDK itself is elsewhere. */
    @Test
    void aJavaThatOnlyPassesOnIsAskedForItsJdk() throws Exception {
        Path stub = jdk("stub", "java.home = " + jdk);
        environment.remove("JAVA_HOME");
        environment.put("PATH", stub.resolve("bin") + ":" + tools);
        assertThat(run(wrapper.toString(), "x").out()).isEqualTo("downloaded: " + jdk + ": x\n");
    }

    @Test
    void aJavaWithNothingBehindItIsNotTaken() throws Exception {
        Path stub = Files.createDirectories(folder.resolve("stub/bin"));
        for (String tool : List.of("java", "javac")) {
            executable(stub.resolve(tool), "echo 'Unable to locate a Java Runtime.' >&2; exit 1");
        }
        environment.remove("JAVA_HOME");
        installed("bin", version());
        environment.put("PATH", stub + ":" + environment.get("PATH"));
        assertThat(run(wrapper.toString(), "x").out()).startsWith("installed: ").doesNotContain("stub");
    }

    // --- the installed JBang --------------------------------------------------------------------------------------

    @Test
    void anInstalledJBangIsAskedForItsVersionOnce() throws Exception {
        Path asked = installed("bin", version());
        for (int i = 0; i < 2; i++) {
            assertThat(run(wrapper.toString(), "x", "y z"))
                    .isEqualTo(new Result(0, "installed: " + jdk + ": x y z\n", ""));
        }
        assertThat(asked).hasContent("asked\n");
    }

    @Test
    void anOldInstalledJBangIsNotTaken() throws Exception {
        Path asked = installed("bin", "0.90.1");
        Result first = run(wrapper.toString(), "x");
        assertThat(first.out()).isEqualTo("downloaded: " + jdk + ": x\n");
        assertThat(first.err()).contains(folder.resolve("bin/jbang") + " is JBang 0.90.1").hasLineCount(1);
        assertThat(run(wrapper.toString(), "x")).isEqualTo(new Result(0, first.out(), ""));
        assertThat(asked).hasContent("asked\n");

        installed("bin", version()); // it was updated
        assertThat(run(wrapper.toString(), "x").out()).startsWith("installed: ");
    }

    @Test
    void theWrappersOfTwoCheckoutsOnThePathDoNotCallEachOtherForEver() throws Exception {
        Path other = checkout("other");
        environment.put("PATH", wrapper.getParent() + ":" + other.getParent() + ":" + tools);
        for (Path one : List.of(wrapper, other)) {
            assertThat(run(one.toString(), "x")).isEqualTo(new Result(0, "downloaded: " + jdk + ": x\n", ""));
        }
    }

    // --- variables ------------------------------------------------------------------------------------------------

    /** As in a unit of systemd, or in a container. */
    @Test
    void withoutHomeItRuns() throws Exception {
        installed("bin", version());
        environment.put("HOME", "");
        assertThat(run("env", "-u", "HOME", wrapper.toString(), "x"))
                .isEqualTo(new Result(0, "installed: " + jdk + ": x\n", ""));
    }

    @Test
    void cdpathLeadsNoScriptAstray() throws Exception {
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
        Files.createDirectories(elsewhere.resolve("harness"));
        Files.createDirectories(elsewhere.resolve(".ci"));
        Files.createDirectories(elsewhere.resolve("checkout"));
        environment.put("CDPATH", elsewhere.toString());
        assertThat(run("checkout/jbang", "x").out()).isEqualTo("downloaded: " + jdk + ": x\n");

        Path checkout = wrapper.getParent();
        executable(wrapper, "pwd; exit 1");
        executable(tools.resolve("make"), "pwd; exit 1");
        for (String tool : List.of("tee", "grep", "tail", "cut")) {
            provide(tool);
        }
        for (String script : List.of("harness/cluster.sh", ".ci/run")) {
            copy(script, checkout);
            Result result = run("env", "-C", checkout.toString(), script);
            assertThat(result.out().lines().findFirst()).as(script + result.err()).hasValue(checkout.toString());
        }
    }

    // --- make up ----------------------------------------------------------------------------------------------------

    /** With the Compose of today; ComposeProof runs the one that the machine has. */
    @Test
    void makeUpWaitsAndEachCheckoutHasAProjectOfItsOwn() throws Exception {
        executable(tools.resolve("docker"), "echo \"$COMPOSE_PROJECT_NAME: $*\"");
        for (String tool : List.of("make", "sh", "cksum", "cut")) {
            provide(tool);
        }
        List<String> lines = new ArrayList<>();
        for (String parent : List.of("a", "b")) {
            Path checkout = Files.createDirectories(folder.resolve(parent + "/lab"));
            for (String file : List.of("Makefile", "harness/up.sh")) {
                copy(file, checkout);
            }
            lines.add(run("make", "--no-print-directory", "-C", checkout.toString(), "up").out());
            assertThat(run("make", "--no-print-directory", "-C", checkout.toString(), "down").out()).as("the same")
                    .startsWith(lines.getLast().replaceFirst(": .*\\n", ": "));
        }
        assertThat(lines).allMatch(line -> line.matches("kafka-order-lab-\\d+: compose up -d --wait\\n"))
                .doesNotHaveDuplicates();
    }

    // --- the machine ----------------------------------------------------------------------------------------------

    private Path checkout(String name) throws IOException {
        return Files.copy(Repo.file("jbang"), Files.createDirectories(folder.resolve(name)).resolve("jbang"));
    }

    private static String version() throws IOException {
        return Files.readString(Repo.file("jbang")).replaceFirst("(?s).*\nJBANG_VERSION=([\\d.]+).*", "$1");
    }

    /**
     * A JDK 25 without a file {@code release}. JBang, run by it, asks for a command to be run, as it does.
     *
     * @param properties what it says when it is asked for its properties
     */
    private Path jdk(String name, String properties) throws IOException {
        Path bin = Files.createDirectories(folder.resolve(name + "/bin"));
        executable(bin.resolve("javac"), "echo 'javac 25.0.1'");
        executable(bin.resolve("java"), """
                case $* in *-XshowSettings*) echo '    %s' >&2; exit ;; esac
                while [ "$1" != dev.jbang.Main ]; do shift; done
                shift
                if [ "$*" = version ]; then echo '%s'; exit; fi
                echo "echo downloaded: $JAVA_HOME: $*"
                exit 255
                """.formatted(properties.isEmpty() ? "java.home = " + bin.getParent() : properties, version()));
        return bin.getParent();
    }

    /** Puts a JBang on the PATH; it notes in the file that is returned when it is asked for its version. */
    private Path installed(String name, String version) throws IOException {
        Path bin = Files.createDirectories(folder.resolve(name));
        Path asked = folder.resolve(name + "-asked");
        executable(bin.resolve("jbang"), """
                if [ "$*" = version ]; then echo asked >> '%s'; echo '%s'; exit; fi
                echo "installed: $JAVA_HOME: $*"
                """.formatted(asked, version));
        environment.put("PATH", bin + ":" + tools);
        return asked;
    }

    private static void executable(Path file, String program) throws IOException {
        Files.writeString(file, "#!/usr/bin/env bash\n" + program + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static void copy(String file, Path checkout) throws IOException {
        Path target = checkout.resolve(file);
        Files.createDirectories(target.getParent());
        Files.copy(Repo.file(file), target);
    }

    /** Puts a tool of this machine on the PATH. */
    private void provide(String tool) throws IOException {
        Path file = tools.resolve(tool);
        Files.writeString(file, "#!/bin/sh\nexec " + which(tool) + " \"$@\"\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static Path which(String tool) {
        return Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, tool))
                .filter(Files::isExecutable).findFirst().orElseThrow();
    }

    private Result run(String... command) throws Exception {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(LONGEST_S, TimeUnit.SECONDS)).as("it ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
