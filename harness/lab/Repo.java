package lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The checkout with the scripts, which everything here treats as black boxes. */
public final class Repo {
    private static final Path ROOT = find(Path.of("").toAbsolutePath());

    private Repo() {
    }

    public static Path file(String path) {
        return ROOT.resolve(path);
    }

    public static Path root() {
        return ROOT;
    }

    /** The names of all scripts, without ".java". */
    public static List<String> scripts() {
        try (Stream<Path> files = Files.list(file("scripts"))) {
            return files.map(p -> p.getFileName().toString()).filter(n -> n.endsWith(".java"))
                    .map(n -> n.substring(0, n.length() - ".java".length())).sorted().toList();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Path find(Path from) {
        for (Path path = from; path != null; path = path.getParent()) {
            if (Files.exists(path.resolve("jbang-catalog.json")) && Files.isDirectory(path.resolve("scripts"))) {
                return path;
            }
        }
        throw new IllegalStateException(from + " is not in a checkout of Kafka Order Lab: run this from there.");
    }
}
