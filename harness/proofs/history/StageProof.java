package proofs.history;

import static org.assertj.core.api.Assertions.assertThat;

import history.Allowed;
import history.Anomaly.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import lab.Broker;
import lab.Kafka;
import lab.Lab;
import lab.fixtures.LabExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import report.JUnitXml;
import report.Page;
import report.Proven;
import story.Guarantee;
import story.Side;
import story.Stage.Played;
import story.Stage;
import story.Verdict.Result;

/** A story that does not come to its end proves nothing, says why, and is in the page and in the XML. */
@ExtendWith(LabExtension.class)
class StageProof {
    /** What happens to each of the two. */
    private interface Happens {
        void to(Side side) throws Exception;
    }

    @Test
    void aSideThatFailsProvesNothingAndTheOtherGoesOn(Lab lab) {
        Played played = play(lab, side -> {
            side.send(side.order(null, "order-1", "customer123"));
            side.bit("it was sent");
            if (side.isBroken()) {
                throw new AssertionError("a proxy is missing");
            }
        });
        assertThat(played.brokenResult()).isEqualTo(Result.INCONCLUSIVE);
        assertThat(played.broken().reason()).isEqualTo("a proxy is missing");
        assertThat(played.asBuiltResult()).isEqualTo(Result.AS_EXPECTED);
        assertThat(played.asBuilt().summary()).isEqualTo("1 records");
    }

    @Test
    void whatIsWrongAtAnErrorIsWrong(Lab lab) {
        Played played = play(lab, side -> {
            side.lab().kafka().send(side.order(null, "order-1", "customer123")); // which nothing sent
            throw new IllegalStateException(side.isBroken() ? "broken" : "as built");
        });
        assertThat(played.asBuiltResult()).isEqualTo(Result.NOT_AS_EXPECTED);
        assertThat(played.asBuilt().kinds()).containsOnlyKeys(Kind.PHANTOM);
        assertThat(played.brokenResult()).isEqualTo(Result.NOT_AS_EXPECTED);
    }

    @Test
    void aRecordThatWaitsAtAnErrorIsNotStalled(Lab lab) {
        Played played = play(lab, side -> {
            side.send(side.order(0, "hangs", "customer-h"));
            side.consumer("consumer-1", "--handler-timeout", "600000");
            side.until("it is a member", () -> !side.lab().kafka().assignment(side.lab().group).isEmpty());
            throw new IllegalStateException("something else failed");
        });
        assertThat(List.of(played.asBuiltResult(), played.brokenResult())).containsOnly(Result.INCONCLUSIVE);
    }

    @Test
    void aBrokerThatDoesNotStartIsInThePageAndInTheXml(Lab lab) throws Exception {
        Played played = Stage.play(new Guarantee("Does it start?", "--not", Kind.LOST) {
            @Override
            public Brokers brokers(Broker given, Path folder) {
                throw new IllegalStateException("no port is free");
            }

            @Override
            public String happens(Side side) {
                return "";
            }
        }, lab.broker(), lab.folder().resolve("12-not"));
        assertThat(List.of(played.asBuiltResult(), played.brokenResult())).containsOnly(Result.INCONCLUSIVE);
        List<Proven> proven = List.of(new Proven(12, lab.folder().resolve("12-not"), played));
        Files.createDirectories(lab.folder());
        JUnitXml.write(lab.folder(), proven);
        assertThat(lab.folder().resolve("TEST-prove.xml")).content().contains("errors=\"2\"",
                "This run proves nothing: Its broker failed: no port is free");
        assertThat(Page.write(lab.folder(), 1, proven)).content().contains("no port is free");
    }

    private static Played play(Lab lab, Happens happens) {
        return Stage.play(new Guarantee("Does a story end?", "--not", Kind.LOST) {
            @Override
            public void createTopic(Kafka kafka, String topic) {
                kafka.createTopic(topic, 1);
            }

            @Override
            public String happens(Side side) throws Exception {
                happens.to(side);
                return side.records() + " records";
            }

            @Override
            public Allowed allowed() {
                return Allowed.nothing(Duration.ofSeconds(1));
            }
        }, lab.broker(), lab.folder());
    }
}
