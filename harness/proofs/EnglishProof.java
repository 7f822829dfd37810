package proofs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lab.Repo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Words that a reader stumbles over, each with what to say instead. No more than that can be checked by a machine. */
@Tag("check")
class EnglishProof {
    private static final Map<String, String> INSTEAD = new LinkedHashMap<>();

    static {
        INSTEAD.put("\\b[Ee]nds? it all\\b", "shuts everything down");
        INSTEAD.put("\\bparted by\\b", "separated by");
        INSTEAD.put("\\bnone any ?more\\b", "no longer one");
        INSTEAD.put("\\beldest\\b", "oldest");
        INSTEAD.put("\\bbe(came|comes?) of\\b", "outcome, status or result");
        INSTEAD.put("\\b(?<![Tt]here )(is|are|was|were) no\\b(?! longer)", "is not a");
        INSTEAD.put("\\b[Ww]hoever\\b", "what, any, or a noun");
        INSTEAD.put("\\b(is|are|was|were|be|been) told\\b", "says, reports");
        INSTEAD.put("\\bin the works\\b", "being processed");
        INSTEAD.put("\\bnot to be had\\b", "not available");
        INSTEAD.put("\\bletters that stay\\b", "dead letters that were not replayed");
    }

    /** TEMPORARY: files and folders that are in plain English by now. What is new is added; in the end it is all. */
    private static final List<String> PLAIN = List.of(".ci", "Makefile", "harness/Harness.java", "harness/cluster.sh",
            "harness/lab/Build.java", "harness/lab/Installation.java", "harness/lab/Needs.java",
            "harness/lab/Reaper.java", "harness/lab/Running.java", "harness/lab/Terminal.java",
            "harness/lab/Tool.java", "harness/payments", "harness/proofs/ComposeProof.java",
            "harness/proofs/DocsProof.java", "harness/proofs/LayoutProof.java", "harness/proofs/ProcessProof.java",
            "harness/report", "scripts/DuplicateSender.java", "scripts/KafkaBroker.java", "scripts/OrderApi.java",
            "scripts/OrderConsumer.java", "scripts/REFERENCE.md", "scripts/SmallestConsumer.java", "scripts/cluster",
            "scripts/consumer", "scripts/families", "scripts/ledger", "scripts/work");

    @Test
    void whatIsWrittenIsPlain() throws Exception {
        List<String> found = new ArrayList<>();
        for (String part : PLAIN) {
            for (Path file : files(Repo.file(part))) {
                List<String> lines = Files.readAllLines(file);
                INSTEAD.forEach((pattern, instead) -> {
                    for (int i = 0; i < lines.size(); i++) {
                        if (Pattern.compile(pattern).matcher(lines.get(i)).find()) {
                            found.add(Repo.root().relativize(file) + ":" + (i + 1) + ": say " + instead + ": "
                                    + lines.get(i).strip());
                        }
                    }
                });
            }
        }
        assertThat(found).isEmpty();
    }

    private static List<Path> files(Path file) throws IOException {
        try (Stream<Path> all = Files.walk(file)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
