package families;

/**
 * What a dead letter contains of the record that failed.
 *
 * @param payload   whether key and value are always copied; if not, a dead letter with neither may lack both
 * @param headers   whether the record's own headers are copied, and so those of earlier failures
 * @param timestamp whether its timestamp is the failed record's; if not, it is the time of the failure
 */
public record Copies(boolean payload, boolean headers, boolean timestamp) {
}
