package messages;

/**
 * Thrown by a handler that cannot work just now, whichever the record, such as when a service asks it to slow down. The
 * record's partition pauses for a while, and longer each time in a row. No attempt is counted, so that no record is
 * dead-lettered for it.
 */
public final class NotNow extends Exception {
    /** @param message why, for the log */
    public NotNow(String message) {
        super(message);
    }
}
