package proofs.history;

import static history.Anomaly.Kind.AHEAD;
import static history.Anomaly.Kind.ALTERED;
import static history.Anomaly.Kind.DUPLICATED;
import static history.Anomaly.Kind.LOST;
import static history.Anomaly.Kind.MOVED;
import static history.Anomaly.Kind.NO_FATE;
import static history.Anomaly.Kind.PHANTOM;
import static history.Anomaly.Kind.REFUSED_BUT_WRITTEN;
import static history.Anomaly.Kind.SKIPPED;
import static history.Anomaly.Kind.STALLED;
import static history.Anomaly.Kind.TORN;
import static history.Anomaly.Kind.TWICE;
import static history.Anomaly.Kind.WRONG_ORDER;
import static history.Event.Fault.Kind.FREEZE;
import static history.Event.Fault.Kind.KILL;
import static history.Event.Fault.Kind.START;
import static history.Event.Fault.Kind.THAW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import history.Allowed;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The checker finds each anomaly in a history that has it, and nothing in one that nearly has it. No Kafka. */
@Tag("check")
class CheckerProof {
    private static HandWritten story() {
        return new HandWritten();
    }

    @Test
    void whatGoesWellShowsNothing() {
        story().written("a", 0).refused("b").unknown("b").record("b", 1).unknown("c")
                .sampled(0).fault(KILL, "consumer-1").outcome("a", 0).sampled(1)
                .fault(START, "consumer-1").deadLetter("b", 1).by("replay-1").written("b", 4).outcome("b", 4)
                .sampled(5).committed(6).showsNothing();
    }

    // --- LOST -----------------------------------------------------------------------------------------------------

    @Test
    void whatWasAcceptedAndIsNotThereIsLost() {
        story().written("a", 0).accepted("b", 1).shows(LOST, "b");
    }

    @Test
    void oneAcceptedAttemptIsEnough() {
        story().unknown("a").accepted("a", 0).refused("a").shows(LOST, "a");
    }

    @Test
    void theAnswerNeedNotSayWhereItIs() {
        story().acceptedSomewhere("a").record("a", 0).acceptedSomewhere("b").shows(LOST, "b");
    }

    @Test
    void whatIsUnknownMayBeMissing() {
        story().written("a", 0).unknown("b").neverAnswered("c").showsNothing();
    }

    @Test
    void unlessAReaderHasSeenIt() {
        story().unknown("a").seen("a", 0).shows(LOST, "a");
    }

    @Test
    void whatRetentionRemovedIsNotLost() {
        story().written("a", 0).written("b", 1).removedBefore(1).showsNothing();
    }

    // --- MOVED ----------------------------------------------------------------------------------------------------

    @Test
    void whatIsNotWhereTheAnswerSaidWasMoved() {
        story().accepted("a", 0).unknown("b").record("b", 0).record("a", 1).shows(MOVED, "a");
    }

    @Test
    void alsoIfNothingIsThere() {
        story().accepted("a", 0).record("a", 1).shows(MOVED, "a");
    }

    @Test
    void whoseOffsetAnotherRecordTookIsLostIfItIsNowhere() {
        story().accepted("a", 0).written("b", 0).shows(LOST, "a");
    }

    @Test
    void aSecondAnswerMaySayTheFirstOnesPlace() {
        story().written("a", 0).by("api-2").accepted("a", 0).showsNothing();
    }

    // --- REFUSED_BUT_WRITTEN --------------------------------------------------------------------------------------

    @Test
    void ifEveryAnswerSaysThatNothingWasWrittenItMustNotBeThere() {
        story().refused("a").refused("a").record("a", 0).shows(REFUSED_BUT_WRITTEN, "a");
    }

    @Test
    void ifOneAttemptIsUnknownItMayBeThere() {
        story().refused("a").neverAnswered("a").record("a", 0).showsNothing();
    }

    @Test
    void theSameNameWithOtherContentIsAnotherOperation() {
        story().written("a", 0).refused("a/2").record("a/2", 1).shows(REFUSED_BUT_WRITTEN, "a/2");
    }

    // --- DUPLICATED -----------------------------------------------------------------------------------------------

    @Test
    void oneWriterWritesOneRecord() {
        story().unknown("a").accepted("a", 1).record("a", 0).record("a", 1).shows(DUPLICATED, "a");
    }

    @Test
    void twoWritersMayWriteTwo() {
        story().unknown("a").by("api-2").accepted("a", 1).record("a", 0).record("a", 1).showsNothing();
    }

    @Test
    void aWriterThatSaysThatItWroteNothingIsNotOne() {
        story().refused("a").by("api-2").accepted("a", 1).record("a", 0).record("a", 1).shows(DUPLICATED, "a");
    }

    // --- PHANTOM --------------------------------------------------------------------------------------------------

    @Test
    void aRecordThatNothingSentIsAPhantom() {
        story().written("a", 0).record("b", 1).shows(PHANTOM, "b");
    }

    @Test
    void anOutcomeOfNothingIsAPhantom() {
        story().written("a", 0).outcome("a", 0).outcome("b", 1).committed(1).shows(PHANTOM, "b");
    }

    @Test
    void anOutcomeOfAnUnknownOperationThatIsNotThereIsAPhantom() {
        story().unknown("a").outcomeWithoutSource("a").committed(0).shows(PHANTOM, "a");
        story().unknown("a").record("a", 0).outcomeWithoutSource("a").committed(1).showsNothing();
    }

    @Test
    void anOutcomeThatNamesAnotherRecordIsAPhantom() {
        story().written("a", 0).unknown("b").outcome("b", 0).outcomeWithoutSource("a").committed(1)
                .shows(PHANTOM, "b");
    }

    @Test
    void theOutcomeOfALostRecordIsNot() {
        story().accepted("a", 0).outcome("a", 0).committed(1).shows(LOST, "a");
    }

    @Test
    void norIsThatOfARecordThatRetentionRemoved() {
        story().written("a", 0).outcome("a", 0).unknown("b").record("b", 1).deadLetter("b", 1).removedBefore(2)
                .committed(2).showsNothing();
    }

    // --- NO_FATE --------------------------------------------------------------------------------------------------

    @Test
    void aRecordThatTheGroupHasPassedNeedsAFate() {
        story().written("a", 0).written("b", 1).outcome("a", 0).committed(2).shows(NO_FATE, "b");
    }

    @Test
    void aDeadLetterIsOne() {
        story().written("a", 0).written("b", 1).outcome("a", 0).deadLetter("b", 1).committed(2).showsNothing();
    }

    @Test
    void anOutcomeThatDoesNotSayOfWhichRecordIsOne() {
        story().written("a", 0).outcomeWithoutSource("a").committed(1).showsNothing();
    }

    @Test
    void aDuplicateNeedsNone() {
        story().written("a", 0).by("api-2").written("a", 1).outcome("a", 0).committed(2).showsNothing();
    }

    @Test
    void butOneWithOtherContentDoes() {
        story().written("a", 0).written("a/2", 1).outcome("a", 0).committed(2).shows(NO_FATE, "a/2");
    }

    @Test
    void theFirstOfTwoIsNotADuplicateOfTheSecond() {
        story().written("a", 0).by("api-2").written("a", 1).outcome("a", 1).committed(2).shows(NO_FATE, "a");
    }

    @Test
    void anOutcomeThatIsGoneIsNone() {
        story().written("a", 0).outcomeSeenAndGone("a", 0).committed(1).shows(NO_FATE, "a");
    }

    @Test
    void unlessRetentionOrCompactionRemovedIt() {
        story().written("a", 0).outcomeSeenAndGone("a", 0).outcomesRemovedBefore(1).committed(1).showsNothing();
        story().written("a", 0).outcomeSeenAndGone("a", 0).outcome("a", 0).committed(1).shows(TWICE, "a");
    }

    // --- TWICE ----------------------------------------------------------------------------------------------------

    @Test
    void anOrderIsProcessedOnce() {
        story().written("a", 0).outcome("a", 0).outcome("a", 0).committed(1).shows(TWICE, "a");
    }

    @Test
    void alsoIfItsContentsDiffer() {
        story().written("a", 0).written("a/2", 1).outcome("a", 0).outcome("a/2", 1).committed(2)
                .shows(TWICE, "a", "a/2");
    }

    @Test
    void aRecordHasOneDeadLetter() {
        story().written("a", 0).deadLetter("a", 0).deadLetter("a", 0).committed(1).shows(TWICE, "a");
    }

    @Test
    void aRecordIsNotBothProcessedAndDeadLettered() {
        story().written("a", 0).deadLetter("a", 0).outcome("a", 0).committed(1).shows(TWICE, "a");
    }

    @Test
    void aReplayedRecordIsAnotherRecord() {
        story().written("a", 0).deadLetter("a", 0).by("replay-1").written("a", 1).deadLetter("a", 1)
                .by("replay-2").written("a", 2).outcome("a", 2).committed(3).showsNothing();
    }

    // --- WRONG_ORDER ----------------------------------------------------------------------------------------------

    @Test
    void recordsOfOneKeyAreProcessedInOrder() {
        story().written("a", 0).written("b", 1).outcome("b", 1).outcome("a", 0).committed(2)
                .shows(WRONG_ORDER, "a", "b");
    }

    @Test
    void thoseOfTwoKeysMayNotBe() {
        story().written("a", 0).key("other").written("b", 1).outcome("b", 1).outcome("a", 0).committed(2)
                .showsNothing();
    }

    @Test
    void redeliveryIsNotTheWrongOrder() {
        story().written("a", 0).written("b", 1).outcome("a", 0).outcome("b", 1).outcome("a", 0).committed(2)
                .shows(TWICE, "a");
    }

    @Test
    void ofTwoContentsTheFirstIsProcessed() {
        story().written("a", 0).written("a/2", 1).conflict("a", 0).outcome("a/2", 1).committed(2)
                .shows(WRONG_ORDER, "a", "a/2");
        story().written("a", 0).written("a/2", 1).outcome("a", 0).conflict("a/2", 1).committed(2).showsNothing();
    }

    @Test
    void unlessTheFirstOneFailed() {
        story().written("a", 0).written("a/2", 1).deadLetter("a", 0).outcome("a/2", 1).committed(2).showsNothing();
    }

    // --- ALTERED --------------------------------------------------------------------------------------------------

    @Test
    void aDeadLetterHasTheBytesOfItsRecord() {
        story().written("a", 0).deadLetter("a", 0, "other bytes").committed(1).shows(ALTERED, "a");
        story().written("a", 0).deadLetter("a", 0).committed(1).showsNothing();
    }

    @Test
    void alsoIfItLooksLikeAnotherOperation() {
        story().written("a", 0).deadLetter("a/altered", 0, "other bytes").committed(1).shows(ALTERED, "a", "a/altered");
    }

    @Test
    void aReferenceHasNone() {
        story().written("a", 0).deadLetter("a", 0, null).committed(1).showsNothing();
    }

    // --- AHEAD ----------------------------------------------------------------------------------------------------

    @Test
    void anOffsetIsNotCommittedBeforeTheFate() {
        story().written("a", 0).sampled(1).outcome("a", 0).committed(1).shows(AHEAD, "a");
        story().written("a", 0).sampled(1).deadLetter("a", 0).committed(1).shows(AHEAD, "a");
        story().written("a", 0).outcome("a", 0).sampled(1).committed(1).showsNothing();
    }

    @Test
    void alsoIfItIsTakenBackBeforeTheFate() {
        story().written("a", 0).sampled(1).sampled(0).outcome("a", 0).sampled(1).committed(1).shows(AHEAD, "a");
    }

    @Test
    void behindASlowRecordOthersMayBeDone() {
        story().key("slow").written("a", 0).key("key").written("b", 1).sampled(0).outcome("b", 1).sampled(0)
                .outcome("a", 0).sampled(2).committed(2).showsNothing();
        story().key("slow").written("a", 0).key("key").written("b", 1).sampled(0).outcome("b", 1).sampled(2)
                .outcome("a", 0).committed(2).shows(AHEAD, "a");
    }

    @Test
    void withoutAFateItIsNotAheadButHasNoFate() {
        story().written("a", 0).sampled(1).committed(1).shows(NO_FATE, "a");
    }

    @Test
    void nothingSaysWhenAnEffectThatIsNotInATopicWasThere() {
        story().written("a", 0).sampled(1).effectElsewhere("a", 0).committed(1).showsNothing();
        story().written("a", 0).sampled(1).committed(1).shows(NO_FATE, "a");
    }

    @Test
    void theFirstOfDuplicatesHasToBeDone() {
        story().written("a", 0).by("api-2").written("a", 1).outcome("a", 0).sampled(2).committed(2).showsNothing();
    }

    // --- SKIPPED --------------------------------------------------------------------------------------------------

    @Test
    void retentionDoesNotPassTheGroupInSilence() {
        story().written("a", 0).outcome("a", 0).written("b", 1).written("c", 2).removedBefore(2).sampled(1).sampled(1)
                .outcome("c", 2).committed(3).shows(SKIPPED, "b");
    }

    @Test
    void butItMayIfThatIsReported() {
        story().written("a", 0).outcome("a", 0).written("b", 1).written("c", 2).removedBefore(2).sampled(1)
                .gapReported(1, 2).outcome("c", 2).committed(3).showsNothing();
        story().written("a", 0).removedBefore(1).gapReported(0, 1).committed(1).showsNothing();
    }

    @Test
    void aReportOfWhatIsNotGoneExcusesNothing() {
        story().written("a", 0).outcome("a", 0).written("b", 1).sampled(1).gapReported(1, 2).committed(2)
                .shows(NO_FATE, "b");
    }

    @Test
    void whatWasSkippedIsNotStalled() {
        story().written("a", 0).removedBefore(1).committed(0).after(60).shows(SKIPPED, "a");
    }

    @Test
    void whatWasProcessedAndNotYetCommittedMayGo() {
        story().written("a", 0).written("b", 1).outcome("a", 0).outcome("b", 1).removedBefore(2).sampled(1)
                .committed(2).showsNothing();
        story().unknown("a").outcome("a", 0).removedBefore(1).sampled(0).committed(1).showsNothing();
        story().written("a", 0).by("api-2").written("a", 1).outcome("a", 0).removedBefore(2).sampled(1)
                .committed(2).showsNothing();
    }

    @Test
    void whatWasPassedBeforeItWasRemovedHasNoFate() {
        story().written("a", 0).sampled(1).removedBefore(1).sampled(1).committed(1).shows(NO_FATE, "a");
    }

    // --- TORN -----------------------------------------------------------------------------------------------------

    @Test
    void aTransactionIsThereWholeOrNotAtAll() {
        story().in("t-1").accepted("a", 0).accepted("b", 1).record("b", 1).shows(TORN, "a", "b");
        story().in("t-1").refused("a").refused("b").record("b", 1).shows(TORN, "a", "b");
        story().in("t-1").unknown("a").unknown("b").record("b", 1).shows(TORN, "a", "b");
        story().in("t-1").unknown("a").unknown("b").record("a", 0).record("b", 1).showsNothing();
        story().in("t-1").unknown("a").unknown("b").showsNothing();
    }

    @Test
    void oneThatIsMissingWholeIsLost() {
        assertThat(story().in("t-1").accepted("a", 0).accepted("b", 1).anomalies())
                .extracting("kind").containsExactly(LOST, LOST);
    }

    @Test
    void twoTransactionsAreNotOne() {
        story().in("t-1").written("a", 0).in("t-2").refused("b").showsNothing();
    }

    // --- STALLED --------------------------------------------------------------------------------------------------

    @Test
    void onceTheFaultsAreHealedEveryRecordGetsItsFate() {
        story().written("a", 0).fault(KILL, "consumer-1").fault(START, "consumer-1").after(60).committed(0)
                .shows(STALLED, "a");
        story().written("a", 0).fault(KILL, "consumer-1").fault(START, "consumer-1").after(60).outcome("a", 0)
                .committed(0).showsNothing();
    }

    @Test
    void aReadThatIsTooEarlyProvesNothing() {
        assertThatThrownBy(() -> story().written("a", 0).fault(START, "consumer-1").after(59).committed(0).anomalies())
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("too early");
        assertThatThrownBy(() -> story().written("a", 0).after(58).neverAnswered("b").after(1).committed(0).anomalies())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> story().acceptedAfter(58, "a", 0).record("a", 0).after(1).committed(0).anomalies())
                .isInstanceOf(IllegalArgumentException.class);
        story().written("a", 0).outcome("a", 0).committed(1).showsNothing(); // there is nothing to wait for
    }

    @Test
    void whatTheStoryHoldsUpIsNotStalled() {
        HandWritten story = story().written("slow", 0).key("other").written("a", 1).outcome("a", 1).committed(0)
                .after(60);
        story.shows(STALLED, "slow");
        story.allowing(Allowed.nothing(HandWritten.LONGEST_WAIT).holdingUp(Set.of("slow"))).showsNothing();
    }

    @Test
    void theCommittedOffsetPassesWhatIsDone() {
        story().written("a", 0).outcome("a", 0).sampled(0).after(60).committed(0).shows(STALLED, "a");
        story().written("a", 0).deadLetter("a", 0).sampled(0).after(60).committed(0).shows(STALLED, "a");
        story().written("a", 0).outcome("a", 0).sampled(0).after(60).committed(1).showsNothing();
        assertThatThrownBy(() -> story().written("a", 0).outcome("a", 0).sampled(0).after(59).committed(0).anomalies())
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("too early");
    }

    @Test
    void butNotBeforeItWasSeenToBeDone() {
        story().written("a", 0).sampled(0).after(60).outcome("a", 0).committed(0).showsNothing();
    }

    @Test
    void norPastOneThatIsNotDone() {
        HandWritten story = story().written("slow", 0).key("other").written("a", 1).outcome("a", 1).sampled(0).after(60)
                .committed(0);
        story.shows(STALLED, "slow");
        story.allowing(Allowed.nothing(HandWritten.LONGEST_WAIT).holdingUp(Set.of("slow"))).showsNothing();
    }

    @Test
    void itIsNamedForTheRecordThatIsNext() {
        story().written("a", 0).written("b", 1).outcome("a", 0).outcome("b", 1).sampled(0).after(60).committed(1)
                .shows(STALLED, "b");
    }

    @Test
    void withoutAConsumerNothingIsStalled() {
        story().written("a", 0).after(60).showsNothing();
    }

    // --- what a mode allows ---------------------------------------------------------------------------------------

    @Nested
    class WithManualCommits {
        private static final Allowed MANUAL =
                Allowed.manual(HandWritten.LONGEST_WAIT, Duration.ofSeconds(6), Set.of("consumer-1"));

        @Test
        void aConsumerThatWasFrozenPastItsSessionMayAddASecondOutcome() {
            processed(1, story().fault(FREEZE, "consumer-1").after(6).fault(THAW, "consumer-1")).showsNothing();
        }

        @Test
        void butNotAThird() {
            processed(2, story().fault(FREEZE, "consumer-1").after(6).fault(THAW, "consumer-1")).shows(TWICE, "a");
        }

        @Test
        void norOneThatWasFrozenForLess() {
            processed(1, story().fault(FREEZE, "consumer-1").after(5).fault(THAW, "consumer-1")).shows(TWICE, "a");
        }

        @Test
        void norOneThatWasNotThawed() {
            processed(1, story().fault(FREEZE, "consumer-1").after(60).fault(KILL, "consumer-1")).shows(TWICE, "a");
        }

        @Test
        void norABroker() {
            processed(1, story().fault(FREEZE, "broker-1").after(60).fault(THAW, "broker-1")).shows(TWICE, "a");
        }

        @Test
        void aConsumerThatWasKilledMayLeaveASecondDeadLetter() {
            story().written("a", 0).deadLetter("a", 0).fault(KILL, "consumer-1").deadLetter("a", 0).committed(1)
                    .allowing(MANUAL).showsNothing();
        }

        @Test
        void butNotOneThatWasOnlyStarted() {
            story().written("a", 0).deadLetter("a", 0).fault(START, "consumer-1").deadLetter("a", 0).committed(1)
                    .allowing(MANUAL).shows(TWICE, "a");
        }

        @Test
        void norASecondOutcome() {
            processed(1, story().fault(KILL, "consumer-1")).shows(TWICE, "a");
        }

        @Test
        void nothingElseIsAllowed() {
            story().accepted("a", 0).fault(KILL, "consumer-1").committed(0).allowing(MANUAL).shows(LOST, "a");
        }

        @Test
        void inATransactionNothingIsAllowed() {
            processed(1, story().fault(FREEZE, "consumer-1").after(6).fault(THAW, "consumer-1"))
                    .allowing(Allowed.nothing(HandWritten.LONGEST_WAIT)).shows(TWICE, "a");
        }

        private HandWritten processed(int again, HandWritten story) {
            story.written("a", 0).outcome("a", 0).committed(1).allowing(MANUAL);
            for (int i = 0; i < again; i++) {
                story.outcome("a", 0);
            }
            return story;
        }
    }
}
