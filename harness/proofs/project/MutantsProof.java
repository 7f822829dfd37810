package proofs.project;

import static org.assertj.core.api.Assertions.assertThat;

import guarantees.Guarantees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lab.Repo;
import mutants.Patch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The planted bugs of {@code make mutants} fit the sources as they are now. */
class MutantsProof {
    private static final Pattern METHOD = Pattern.compile("\n    void (\\w+)\\(");

    /** Of a method it names the beginning, as some of them have parameters. */
    @Test
    @Tag("check")
    void everyProofThatAPatchNamesIsThere() throws Exception {
        Set<String> methods = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Repo.file("harness/proofs"))) {
            for (Path file : files.filter(file -> file.toString().endsWith("Proof.java")).toList()) {
                String name = file.getFileName().toString().replace(".java", "");
                METHOD.matcher(Files.readString(file)).results()
                        .forEach(each -> methods.add(name + "." + each.group(1)));
            }
        }
        Arrays.stream(Guarantees.values()).forEach(each -> methods.add("make prove PROOF=" + each.number()));
        assertThat(Patch.all()).allSatisfy(patch -> assertThat(methods).as(patch.name())
                .anyMatch(method -> method.startsWith(patch.proof())));
    }

    @Test
    @Tag("check")
    void everyPatchFits() {
        List<Patch> all = Patch.all();
        assertThat(all).isNotEmpty();
        assertThat(all).allSatisfy(patch -> assertThat(patch.hunks()).as(patch.name()).isNotEmpty()
                .allSatisfy(hunk -> assertThat(hunk.fits(Repo.root())).as(hunk.file()).isTrue()));
    }
}
