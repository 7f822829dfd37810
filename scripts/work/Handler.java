package work;

import messages.PermanentFailure;

/** The work itself: your own goes here. */
@FunctionalInterface
public interface Handler<T> {
    /**
     * @param body    of the message
     * @param attempt 1, and more after failures
     * @throws PermanentFailure if another attempt would not help; after any other exception it is tried again
     */
    void handle(T body, int attempt) throws Exception;
}
