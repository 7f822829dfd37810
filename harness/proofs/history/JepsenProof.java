package proofs.history;

import static history.Event.Fault.Kind.KILL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import history.JepsenForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A history has a form that Jepsen's tools read, and says the same there. No Kafka. */
@Tag("check")
class JepsenProof {
    private static final int HISTORIES = 100;

    @TempDir
    private Path folder;

    /** As in the examples of jepsen-io/history; processes are integers, and each has one operation at a time. */
    @Test
    void itHasOneLineForEachInvocationCompletionAndFault() throws Exception {
        HandWritten story = new HandWritten().accepted("a", 0).unknown("b\"").refused("b\"").refused("c")
                .fault(KILL, "broker-1").accepted("a", 0).record("a", 0).record("x", 1);
        String b = ", :id \"b\\\"\", :content \"1\"}";
        written(story);
        assertThat(Files.readAllLines(file())).containsExactly(
                "{:type :invoke, :f :add, :value 0, :process 0, :time 1000000000, :index 0, :id \"a\", :content \"1\"}",
                "{:type :ok, :f :add, :value 0, :process 0, :time 2000000000, :index 1, :id \"a\", :content \"1\"}",
                "{:type :invoke, :f :add, :value 1, :process 1, :time 3000000000, :index 2" + b,
                "{:type :invoke, :f :add, :value 2, :process 2, :time 7000000000, :index 3, :id \"c\", :content \"1\"}",
                "{:type :fail, :f :add, :value 2, :process 2, :time 8000000000, :index 4, :id \"c\", :content \"1\"}",
                "{:type :info, :f :kill, :value \"broker-1\", :process :nemesis, :time 9000000000, :index 5}",
                "{:type :info, :f :add, :value 1, :process 1, :time 11000000000, :index 6" + b,
                "{:type :invoke, :f :read, :value nil, :process 4, :time 11000000000, :index 7}",
                "{:type :ok, :f :read, :value [0 3], :process 4, :time 11000000000, :index 8}");
    }

    @Test
    void anotherReaderReadsAnyText() throws Exception {
        String odd = "\\ \" ; {:a #_b} \n\r\t\b\f\u0000\u001b\u007f\u2028 \u00fc\ud83d\ude00";
        List<Jepsen.Op> ops = written(new HandWritten().accepted(odd, 0).fault(KILL, odd)).isWellFormed().ops();
        assertThat(ops.getFirst().get("id")).isEqualTo(odd);
        assertThat(ops.get(2).value()).isEqualTo(odd);
    }

    @Test
    void eachProcessDoesOneThingAtATime() throws Exception {
        for (int seed = 0; seed < HISTORIES; seed++) {
            for (RandomHistoriesProof.Bug bug : RandomHistoriesProof.Bug.values()) {
                Jepsen jepsen = written(new RandomHistoriesProof.Simulation(bug, seed).run()).isWellFormed();
                assertThat(jepsen.lost()).as("after retention, too; seed " + seed).isEmpty();
                assertThat(jepsen.unexpected()).isEmpty();
            }
        }
    }

    @Test
    void whatIsLostOrAPhantomIsSoThere() throws Exception {
        HandWritten story = new HandWritten().written("a", 0).accepted("b", 1).unknown("c").refused("d")
                .written("e", 3).record("x", 4).removedBefore(1);
        assertThat(story.anomalies()).extracting(one -> one.kind() + " " + one.ids().getFirst().name())
                .containsExactly("LOST b", "PHANTOM x");
        Jepsen jepsen = written(story).isWellFormed();
        assertThat(jepsen.lost()).containsExactly(1L);
        assertThat(jepsen.unexpected()).containsExactly(5L);
    }

    /** Otherwise the proofs above prove nothing. */
    @Test
    void aHistoryThatIsNotWellFormedIsFound() throws Exception {
        String add = ":f :add, :value 0, :process 0, :time 1}";
        for (List<String> wrong : List.of(
                List.of("{:type :invoke, :index 0, " + add),
                List.of("{:type :ok, :index 0, " + add),
                List.of("{:type :invoke, :index 0, " + add, "{:type :invoke, :index 1, " + add),
                List.of("{:type :invoke, :index 0, " + add, "{:type :ok, :index 2, " + add),
                List.of("{:type :invoke, :index 0, " + add, "{:type :info, :index 1, " + add,
                        "{:type :invoke, :index 2, " + add, "{:type :ok, :index 3, " + add))) {
            Files.write(file(), wrong);
            assertThatThrownBy(() -> Jepsen.read(file()).isWellFormed()).isInstanceOf(AssertionError.class);
        }
    }

    private Jepsen written(HandWritten story) throws IOException {
        JepsenForm.write(story.history(), story.finalRead(), file());
        return Jepsen.read(file());
    }

    private Path file() {
        return folder.resolve("history.edn");
    }
}
