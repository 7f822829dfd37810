package consumer;

import java.time.Duration;

/**
 * Why nothing of a partition can be committed, or nothing more comes in.
 *
 * @param why  for people to read
 * @param time since its first uncommitted record came in, or since it was assigned
 */
public record HeldBack(Reason reason, String why, Duration time) {
    /** What a partition waits for: its ledger, or something that its first uncommitted record needs. */
    public enum Reason {
        RESTORING("waits for its ledger"), HANDLING("is being handled"), PAUSED("waits until its handler can work"),
        WRITING("waits to be written"), REFUSED("is refused by Kafka"), COMMITTING("waits to be committed");

        private final String text;

        Reason(String text) {
            this.text = text;
        }
    }

    static HeldBack at(OffsetQueue.Place first, Reason reason) {
        return new HeldBack(reason, "offset " + first.offset() + " " + reason.text, Duration.ofMillis(first.ageMs()));
    }

    @Override
    public String toString() {
        return why + ", for " + time.toSeconds() + " s";
    }
}
