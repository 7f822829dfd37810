package mutants;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lab.Repo;

/**
 * A planted bug: a unified diff, after two lines that say what it is and which proof has to fail with it.
 *
 * @param name  of its file
 * @param what  the bug, in words
 * @param proof {@code make prove PROOF=N}, or a regular expression for the harness's {@code --only}
 */
public record Patch(String name, String what, String proof, List<Hunk> hunks) {
    private static final Pattern HEADER = Pattern.compile("What: (.+)\nProof: (.+)\n");

    /** One place: lines that are replaced by others. */
    public record Hunk(String file, String before, String after) {
        /** Whether what it replaces is in the file, once. */
        public boolean fits(Path root) {
            String text = read(root.resolve(file));
            return text.indexOf(before) >= 0 && text.indexOf(before) == text.lastIndexOf(before);
        }
    }

    /** All of them, by name. */
    public static List<Patch> all() {
        try (Stream<Path> files = Files.list(Repo.file("harness/mutants"))) {
            return files.filter(file -> file.toString().endsWith(".patch")).sorted().map(Patch::of).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Patch of(Path file) {
        String text = read(file);
        Matcher header = HEADER.matcher(text);
        if (!header.lookingAt()) {
            throw new IllegalStateException(file + " has to begin with the lines 'What: ...' and 'Proof: ...'");
        }
        return new Patch(file.getFileName().toString().replace(".patch", ""), header.group(1), header.group(2),
                hunks(text.substring(header.end())));
    }

    private static List<Hunk> hunks(String diff) {
        List<Hunk> hunks = new ArrayList<>();
        String file = null;
        for (String part : diff.split("(?m)^(?=diff |@@ )")) {
            if (part.startsWith("diff ")) {
                file = part.lines().filter(line -> line.startsWith("+++ b/")).findFirst().orElseThrow().substring(6);
            } else if (part.startsWith("@@ ")) {
                hunks.add(new Hunk(file, side(part, '-'), side(part, '+')));
            }
        }
        return hunks;
    }

    /** The lines of a hunk before or after: those with this mark, and those without one. */
    private static String side(String hunk, char mark) {
        StringBuilder side = new StringBuilder();
        hunk.lines().skip(1).filter(line -> line.startsWith(" ") || line.startsWith(String.valueOf(mark)))
                .forEach(line -> side.append(line.substring(1)).append('\n'));
        return side.toString();
    }

    /**
     * Plants it in copies of the sources that it changes.
     *
     * @return these copies
     */
    public Set<Path> plant(Path folder) throws IOException {
        Set<Path> sources = new TreeSet<>();
        for (Hunk hunk : hunks) {
            Path copy = folder.resolve(hunk.file);
            Path root = sources.add(copy) ? Repo.root() : folder; // another hunk may have changed it
            if (!hunk.fits(root)) {
                throw new IllegalStateException(name + " does not fit " + hunk.file + ": make the patch again.");
            }
            String text = read(root.resolve(hunk.file));
            Files.createDirectories(copy.getParent());
            Files.writeString(copy, text.replace(hunk.before, hunk.after));
        }
        return sources;
    }

    /** Whether its proof does: what changes only the harness is found by proofs that take seconds. */
    public boolean needsABroker() {
        return !hunks.stream().allMatch(hunk -> hunk.file.startsWith("harness/history/"));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
