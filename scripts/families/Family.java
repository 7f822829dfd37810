package families;

import java.util.List;
import java.util.Set;

/** A library that writes dead letters: its headers, and what it copies. Each library has one file. */
interface Family {
    /** Its name for people. */
    String title();

    /** Its headers. */
    List<Row> rows();

    /** How the names of all its headers begin, even of unknown ones; null if there is no such prefix. */
    default String prefix() {
        return null;
    }

    /** What a dead letter contains of the record that failed, if its headers report these fields. */
    Copies copies(Set<Field> reported);

    /** Whether its headers come before those that the record had, and not after them. */
    default boolean writesInFront() {
        return false;
    }

    /** Whether the fields of two consecutive runs report one failure. */
    default boolean isOneFailure(Set<Field> run, Set<Field> next) {
        return false;
    }
}
