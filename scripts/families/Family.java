package families;

import java.util.List;
import java.util.Set;

/** A library that writes dead letters: its headers, and what it copies. One file each is all there is to know of it. */
interface Family {
    /** Its name for people. */
    String title();

    /** Its headers. */
    List<Row> rows();

    /** How the names of all its headers begin, also of those that are not known yet; null if there is none. */
    default String prefix() {
        return null;
    }

    /** What a dead letter has of the record that failed, if its headers report these fields. */
    Copies copies(Set<Field> reported);

    /** Whether its headers stand in front of those that the record had, and not behind. */
    default boolean writesInFront() {
        return false;
    }

    /** Whether the fields of two runs, one behind the other, report one failure. */
    default boolean isOneFailure(Set<Field> run, Set<Field> next) {
        return false;
    }
}
