package work;

import messages.PermanentFailure;

/** The work itself: your own goes here. */
@FunctionalInterface
public interface Handler<T> {
    /**
     * @param body    of the message
     * @param attempt 1, and more after failures
     * @throws PermanentFailure for what no further attempt would mend; any other exception may pass
     */
    void handle(T body, int attempt) throws Exception;
}
