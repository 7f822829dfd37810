package proofs.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import replay.ReplayOptions;
import replay.ReplayProgress;

/**
 * A replay that is run again continues from its own progress and from no other: the options that say which dead letters
 * it takes and where it sends them are in the name of the progress, and the others are not.
 */
@Tag("check")
class ProgressKeyProof {
    private static final List<String> NAME_IT = List.of("--exception=Refused", "--reason=no product \\d+",
            "--key=order-1", "--origin=orders", "--since=2h", "--until=2026-01-31", "--dlq-partition=1",
            "--without-origin", "--not-copied", "--to=elsewhere", "--fetch-original");
    private static final List<String> DO_NOT = List.of("--limit=1", "--group=g", "--from-beginning", "--skip=0:3",
            "--partition=original", "--max-replays=9", "--quarantine-topic=q", "--set=/a=1", "--strip-header=h",
            "--keep-error-headers", "--new-timestamp", "--dry-run", "--execute", "--rate=1", "--exactly-once",
            "--audit=file", "--freeze-at=sent");

    @Test
    void theKeyHasTheOptionsForSelectionAndTargetAndNoOthers() {
        List<OptionSpec> all = new CommandLine(new ReplayOptions()).getCommandSpec().options();
        assertThat(all).as("each option of a replay is in one of the two lists here")
                .extracting(OptionSpec::longestName).containsExactlyInAnyOrderElementsOf(
                        Stream.concat(NAME_IT.stream(), DO_NOT.stream()).map(one -> one.split("=")[0]).toList());
        String plain = options().progressKey();
        Set<String> keys = NAME_IT.stream().map(one -> options(one).progressKey())
                .collect(Collectors.toCollection(HashSet::new));
        assertThat(keys).as("all differ").hasSize(NAME_IT.size()).doesNotContain(plain);
        assertThat(DO_NOT).allSatisfy(one -> assertThat(options(one).progressKey()).isEqualTo(plain));
    }

    /** With another key, every replay that was begun with an earlier version would start over. */
    @Test
    void theKeyAndItsGroupDoNotChange() {
        assertThat(options(NAME_IT.toArray(String[]::new)).progressKey()).isEqualTo(String.join("\n", "Refused",
                "no product \\d+", "order-1", "orders", "2h", "2026-01-31", "1", "true", "true", "elsewhere", "true"));
        assertThat(new ReplayProgress("letters", options()).group()).isEqualTo("dlq-inspector.letters.a70edb82");
    }

    private static ReplayOptions options(String... given) {
        ReplayOptions options = new ReplayOptions();
        new CommandLine(options).parseArgs(given);
        return options;
    }
}
