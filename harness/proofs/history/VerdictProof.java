package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;

import history.Anomaly;
import history.Anomaly.Kind;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import story.Verdict;
import story.Verdict.Result;

/** What a story proves: as built nothing may be wrong, switched off just the expected, and its fault has to bite. */
@Tag("check")
class VerdictProof {
    private static final Set<String> BIT = Set.of("it was killed");

    private static Verdict verdict(Set<String> bites, Kind... kinds) {
        List<Anomaly> anomalies = Stream.of(kinds).map(kind -> new Anomaly(kind, "Something.", List.of(), List.of()))
                .toList();
        return new Verdict("done", anomalies, bites);
    }

    @Test
    void asBuiltNothingMayBeWrongAlthoughTheFaultBit() {
        assertThat(verdict(BIT).asBuilt()).isEqualTo(Result.AS_EXPECTED);
        assertThat(verdict(BIT, Kind.TWICE).asBuilt()).isEqualTo(Result.NOT_AS_EXPECTED);
        assertThat(verdict(Set.of()).asBuilt()).isEqualTo(Result.INCONCLUSIVE);
        assertThat(verdict(Set.of(), Kind.TWICE).asBuilt()).as("wrong without any fault")
                .isEqualTo(Result.NOT_AS_EXPECTED);
    }

    @Test
    void switchedOffTheExpectedAnomalyHasToBeThereAndNoOther() {
        assertThat(broken(verdict(BIT, Kind.NO_FATE, Kind.NO_FATE))).isEqualTo(Result.AS_EXPECTED);
        assertThat(broken(verdict(BIT, Kind.NO_FATE, Kind.AHEAD))).as("one that may come with it")
                .isEqualTo(Result.AS_EXPECTED);
        assertThat(broken(verdict(BIT, Kind.AHEAD))).as("that one alone").isEqualTo(Result.NOT_AS_EXPECTED);
        assertThat(broken(verdict(BIT, Kind.NO_FATE, Kind.LOST))).isEqualTo(Result.NOT_AS_EXPECTED);
        assertThat(broken(verdict(BIT))).isEqualTo(Result.NOT_AS_EXPECTED);
        assertThat(broken(verdict(Set.of()))).isEqualTo(Result.INCONCLUSIVE);
    }

    @Test
    void aStoryThatWasCutShortProvesNothingButWhatIsWrongIsWrong() {
        assertThat(cutShort().asBuilt()).isEqualTo(Result.INCONCLUSIVE);
        assertThat(cutShort(Kind.TWICE).asBuilt()).isEqualTo(Result.NOT_AS_EXPECTED);
        assertThat(broken(cutShort())).isEqualTo(Result.INCONCLUSIVE);
        assertThat(broken(cutShort(Kind.NO_FATE))).as("maybe not the only one").isEqualTo(Result.INCONCLUSIVE);
        assertThat(broken(cutShort(Kind.NO_FATE, Kind.LOST))).isEqualTo(Result.NOT_AS_EXPECTED);
        assertThat(cutShort().reason()).isEqualTo("Its broker failed.");
    }

    private static Verdict cutShort(Kind... kinds) {
        return new Verdict("", verdict(BIT, kinds).anomalies(), BIT, "Its broker failed.\n--- logs");
    }

    private static Result broken(Verdict verdict) {
        return verdict.broken(Kind.NO_FATE, Set.of(Kind.AHEAD));
    }
}
