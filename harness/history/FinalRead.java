package history;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the topics hold at the end, after all faults were healed: read from the beginning by a new client with
 * {@code read_committed}, twice, until both are the same.
 *
 * @param at when it was read, on the history's clock
 * @param records of the input topics
 * @param fates the outcomes and the dead letters
 * @param starts the log start offsets of all these topics' partitions
 * @param committed what the group has committed, by input partition; null if nothing consumes in this story
 */
public record FinalRead(
        long at, List<Event.Record> records, List<Event.Fate> fates, Map<String, Long> starts,
        Map<String, Long> committed) {

    /** Whether another read found the same. */
    public boolean sameAs(FinalRead other) {
        return equals(new FinalRead(at, other.records, other.fates, other.starts, other.committed));
    }

    public void write(Path file) throws IOException {
        Files.writeString(file, History.JSON.writeValueAsString(this) + "\n");
    }

    public static FinalRead read(Path file) throws IOException {
        return History.JSON.readValue(file.toFile(), FinalRead.class);
    }
}
