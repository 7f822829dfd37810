package work;

import messages.Context;
import messages.NotNow;
import messages.PermanentFailure;

/** The work itself: your own goes here. */
@FunctionalInterface
public interface Handler<T> {
    /**
     * Is interrupted when it takes too long, and when the record's partition moves to another consumer: see {@link
     * Context}.
     *
     * @param body    of the message
     * @param context where it came from, the number of the attempt, and until when to be done
     * @throws PermanentFailure if another attempt would not help
     * @throws NotNow           if no record can be handled just now: no attempt is counted
     * @throws Exception        anything else: it is tried again, a few times
     */
    void handle(T body, Context context) throws Exception;
}
