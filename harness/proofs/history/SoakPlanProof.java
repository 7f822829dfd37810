package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import soak.Disruption;
import soak.Disruption.Kind;
import soak.Plan;
import soak.Shrink;

/** What a soak does to the system is a pure function of its seed; what fails is shrunk. */
@Tag("check")
class SoakPlanProof {
    private static final int TICKS = 600;

    @Test
    void theSameSeedMakesTheSamePlanAndAnotherSeedAnother() {
        assertThat(Plan.of(7, TICKS)).isEqualTo(Plan.of(7, TICKS)).isNotEqualTo(Plan.of(8, TICKS)).isNotEmpty();
    }

    @Test
    void theBeginningOfAPlanDoesNotDependOnItsLength() {
        List<Disruption> whole = Plan.of(7, TICKS);
        for (int ticks : new int[] {1, 17, 100, 599}) {
            assertThat(Plan.of(7, ticks)).isEqualTo(whole.stream().filter(one -> one.from() < ticks).toList());
        }
    }

    /** Two brokers of three at a time would be an outage, and no fault that the system has to survive. */
    @Test
    void eachTargetHasOneDisruptionAtATimeAndTheBrokersTogetherHaveOne() {
        LongStream.range(0, 50).mapToObj(seed -> Plan.of(seed, TICKS)).forEach(plan ->
                plan.stream().collect(Collectors.groupingBy(SoakPlanProof::target)).forEach((target, all) ->
                        IntStream.range(1, all.size()).forEach(i -> assertThat(all.get(i).from())
                                .as("%s and then %s", all.get(i - 1), all.get(i))
                                .isGreaterThanOrEqualTo(all.get(i - 1).to()))));
    }

    private static String target(Disruption one) {
        return one.kind() == Kind.NETWORK ? "network"
                : one.what().startsWith("broker") || one.what().equals("coordinator") ? "brokers" : one.what();
    }

    @Test
    void everyKindOfDisruptionIsInAPlanOfTenMinutes() {
        Set<Kind> kinds = Plan.of(7, TICKS).stream().map(Disruption::kind).collect(Collectors.toSet());
        assertThat(kinds).containsExactlyInAnyOrder(Kind.values());
        assertThat(Plan.of(7, TICKS)).extracting(SoakPlanProof::target).contains("brokers", "network", "consumer 1",
                "consumer 2", "consumer 3", "api 1", "api 2", "replay");
    }

    @Test
    void aPlanIsReadBackFromItsText() {
        List<Disruption> plan = Plan.of(7, TICKS).stream().sorted().toList();
        assertThat(Plan.parse(Plan.text(plan))).isEqualTo(plan);
        assertThat(Plan.parse("kill consumer 1@12, network hold EndTxn#1@a.*@3..9"))
                .containsExactly(new Disruption(Kind.NETWORK, "hold EndTxn#1@a.*", 3, 9),
                        new Disruption(Kind.KILL, "consumer 1", 12, 13));
    }

    @Test
    void whatIsNotAFaultIsRefusedWithASentence() {
        for (String wrong : List.of("kill consumer 1", "melt broker 1@3", "kill broker 4@3", "stop broker 1@3",
                "freeze broker 1@9..3", "network nonsense@3", "run api 1@3")) {
            assertThatThrownBy(() -> Plan.parse(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(wrong).hasMessageContaining("kill consumer 1@12");
        }
    }

    // --- shrinking ------------------------------------------------------------------------------------------------

    @Test
    void onlyWhatTheFailureNeedsIsLeft() {
        List<Integer> all = IntStream.range(0, 40).boxed().toList();
        List<Integer> runs = new ArrayList<>();
        assertThat(Shrink.shrink(all, some -> {
            runs.add(some.size());
            return some.containsAll(List.of(3, 29));
        }, () -> true)).containsExactly(3, 29);
        assertThat(runs).as("runs").hasSizeLessThan(40);
    }

    @Test
    void whatFailsWithoutAnyFaultIsShrunkToNothing() {
        assertThat(Shrink.shrink(List.of(1, 2, 3), some -> true, () -> true)).isEmpty();
    }

    @Test
    void shrinkingEndsWhenThereIsNoTimeLeft() {
        List<Integer> all = IntStream.range(0, 40).boxed().toList();
        List<Integer> runs = new ArrayList<>();
        assertThat(Shrink.shrink(all, some -> {
            runs.add(some.size());
            return some.contains(3);
        }, () -> runs.size() < 2)).contains(3);
        assertThat(runs).hasSize(2);
    }

    @Test
    void whatDoesNotFailAgainIsLeftWhole() {
        List<Integer> all = List.of(1, 2, 3, 4);
        assertThat(Shrink.shrink(all, some -> false, () -> true)).isEqualTo(all);
    }
}
