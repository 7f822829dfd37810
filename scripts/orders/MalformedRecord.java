package orders;

import messages.PermanentFailure;

/** The bytes of a record are not JSON: a poison pill. */
public final class MalformedRecord extends PermanentFailure {
    public MalformedRecord(String message, Throwable cause) {
        super(message, cause);
    }
}
