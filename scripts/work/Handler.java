package work;

import messages.Context;
import messages.NotNow;
import messages.PermanentFailure;

/**
 * The work itself: your own goes here.
 *
 * <p><b>An effect outside of Kafka (a row, a mail, a payment) happens at least once, with either way to commit.</b> The
 * handler may be killed after the effect and before its outcome is written; then the message is delivered again, and
 * handled again. Of 20 payments that were killed at that point, 20 were booked twice with manual commits and 8 with
 * transactions, which cover what is in Kafka and nothing else. The cure is an inbox: in the transaction of your
 * database that has the effect, also insert a row whose primary key is the message's id. If that row exists already,
 * the effect has happened: do nothing, and return. What has no transaction, such as a mail, needs a receiver that takes
 * the message's id as an idempotency key.
 */
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
