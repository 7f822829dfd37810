package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;

import guarantees.Guarantees;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lab.Lab;
import lab.Repo;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import story.Stage;
import story.Stage.Played;
import story.Verdict.Result;

/** Each guarantee holds under its fault, and fails in the expected way once it is switched off. */
@ExtendWith(LabExtension.class)
class GuaranteesProof {
    private static final Map<Guarantees, Played> PLAYED = new ConcurrentHashMap<>();

    /** The same fault happens to both at the same time, so that it is played once. */
    private static Played played(Guarantees one, Lab lab) {
        return PLAYED.computeIfAbsent(one,
                each -> Stage.play(each.guarantee(), lab.broker(), lab.folder().resolve(each.name().toLowerCase())));
    }

    @ParameterizedTest
    @EnumSource
    void itHoldsAsBuilt(Guarantees each, Lab lab) {
        Played played = played(each, lab);
        assertThat(played.asBuiltResult()).as("%s", played.asBuilt()).isEqualTo(Result.AS_EXPECTED);
    }

    @ParameterizedTest
    @EnumSource
    void itFailsAsExpectedOnceItIsSwitchedOff(Guarantees each, Lab lab) {
        Played played = played(each, lab);
        assertThat(played.brokenResult()).as("%s %s", each.guarantee().off(), played.broken())
                .isEqualTo(Result.AS_EXPECTED);
    }

    /** Its table has those that {@code make break} plays. */
    @ParameterizedTest
    @EnumSource
    void theReadmeSaysWhatItDoes(Guarantees each, Lab lab) throws Exception {
        String alone = "`make break WHAT=" + each.number() + "`";
        List<String> row = Files.readString(Repo.file("README.md")).replace("**", "").lines()
                .filter(line -> line.contains(alone)).toList();
        Played played = played(each, lab);
        assertThat(List.of(String.format("| %s | %s | `%s`: %s | %s |", each.guarantee().question(),
                played.asBuilt().summary(), each.guarantee().off(), played.broken().summary(), alone)))
                .containsAll(row);
    }
}
