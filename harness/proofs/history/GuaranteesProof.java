package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;

import guarantees.Guarantees;
import history.Anomaly.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import lab.Lab;
import lab.Repo;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import report.Proven;
import report.ReadmeTable;
import story.Stage;
import story.Stage.Played;
import story.Verdict.Result;

/** Each guarantee holds under its fault, and fails in the expected way once it is switched off; the README says so. */
@ExtendWith(LabExtension.class)
class GuaranteesProof {
    private static final Map<Guarantees, Proven> PROVEN = new ConcurrentHashMap<>();

    /** The same fault happens to both at the same time, so that it is played once. */
    private static Proven proven(Guarantees one, Lab lab) {
        return PROVEN.computeIfAbsent(one, each -> {
            Path folder = lab.folder().resolve(each.name().toLowerCase());
            return new Proven(each.number(), folder, Stage.play(each.guarantee(), lab.broker(), folder));
        });
    }

    @ParameterizedTest
    @EnumSource
    void itHoldsAsBuilt(Guarantees each, Lab lab) {
        Played played = proven(each, lab).played();
        assertThat(played.asBuiltResult()).as("%s", played.asBuilt()).isEqualTo(Result.AS_EXPECTED);
    }

    @ParameterizedTest
    @EnumSource
    void itFailsAsExpectedOnceItIsSwitchedOff(Guarantees each, Lab lab) {
        Played played = proven(each, lab).played();
        assertThat(played.brokenResult()).as("%s %s", each.guarantee().off(), played.broken())
                .isEqualTo(Result.AS_EXPECTED);
    }

    @ParameterizedTest
    @EnumSource
    void theReadmeSaysWhatWasSeen(Guarantees each, Lab lab) throws Exception {
        String seen = ReadmeTable.row(each.number(), proven(each, lab).played());
        assertThat(readme().stream().map(ReadmeTable::comparable)).as("README.md, see make prove ARGS=--readme")
                .contains(ReadmeTable.comparable(seen));
    }

    @ParameterizedTest
    @EnumSource
    void jepsenReadsItsHistories(Guarantees each, Lab lab) throws Exception {
        Path folder = proven(each, lab).folder();
        assertThat(Jepsen.read(folder.resolve("as-built/history.edn")).isWellFormed().lost()).isEmpty();
        boolean loses = Set.of(Kind.LOST, Kind.TORN).contains(each.guarantee().anomaly());
        assertThat(!Jepsen.read(folder.resolve("broken/history.edn")).isWellFormed().lost().isEmpty()).isEqualTo(loses);
    }

    @Test
    @Tag("check")
    void theReadmeHasARowForEach() throws Exception {
        assertThat(readme()).hasSameSizeAs(Guarantees.values()).zipSatisfy(List.of(Guarantees.values()),
                (row, each) -> assertThat(row)
                        .startsWith("| %d | %s | ".formatted(each.number(), each.guarantee().question()))
                        .contains(" | `" + each.guarantee().off() + "`: ")
                        .endsWith(" " + each.guarantee().anomaly() + "** |"));
    }

    private static List<String> readme() throws IOException {
        return ReadmeTable.rows(Files.readString(Repo.file("README.md")));
    }
}
