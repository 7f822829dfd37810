package report;

import java.nio.file.Path;
import story.Stage.Played;

/**
 * A guarantee that was played.
 *
 * @param folder of its files: {@code as-built} and {@code broken} have a history, a final read and logs each
 */
public record Proven(int number, Path folder, Played played) {
}
