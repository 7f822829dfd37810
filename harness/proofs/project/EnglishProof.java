package proofs.project;

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

/** Words that readers stumble over are not used, in any text file. A machine cannot check more than that. */
@Tag("check")
class EnglishProof {
    private static final List<String> FILES = List.of(".ci", "Makefile", "README.md", "docker-compose.yml", "harness",
            "jbang", "jbang-catalog.json", "scripts");
    private static final String ITSELF = "EnglishProof.java"; // it quotes what it forbids

    /** What is forbidden, and what to say instead. */
    private static final Map<Pattern, String> INSTEAD = new LinkedHashMap<>();

    static {
        forbid("\\b[Ee]nd(s|ed|ing)? it all\\b", "shuts everything down");
        forbid("\\bparted by\\b", "separated by");
        forbid("\\bnone any ?more\\b", "no longer one");
        forbid("\\beldest\\b", "oldest");
        forbid("\\bwhat (became|becomes)\\b|\\bbe(came|comes?) of\\b", "outcome, status or result");
        forbid("\\b(?<![Tt]here )(is|are|was|were) no\\b(?! longer)", "is not a");
        forbid("\\b[Ww]ho(ever|m|mever)\\b|\\b[Ww]ho (is|are|was|comes|gets|keeps|waits) ",
                "what, any, a noun; things are 'it', and a person is 'a developer that'");
        forbid("\\btold\\b", "says, reports");
        forbid("\\bin the works\\b", "being processed");
        forbid("\\bnot to be had\\b", "not available");
        forbid("\\bletters that stay\\b", "dead letters that were not replayed");
    }

    private static void forbid(String pattern, String instead) {
        INSTEAD.put(Pattern.compile(pattern), instead);
    }

    @Test
    void theTextIsPlain() throws Exception {
        List<String> found = new ArrayList<>();
        for (String part : FILES) {
            for (Path file : files(Repo.file(part))) {
                List<String> lines = Files.readAllLines(file);
                INSTEAD.forEach((pattern, instead) -> {
                    for (int i = 0; i < lines.size(); i++) {
                        if (pattern.matcher(lines.get(i)).find()) {
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
            return all.filter(Files::isRegularFile).filter(one -> !one.endsWith(ITSELF)).toList();
        }
    }
}
