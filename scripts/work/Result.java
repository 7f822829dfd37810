package work;

import messages.Message;

/** What a worker returns for a record. */
public sealed interface Result<T> {
    /** The handler did its work, at the given attempt: 1, and more after failures. */
    record Processed<T>(Message<T> message, int attempts) implements Result<T> {
    }

    /** The message was processed before, with the same content: there is nothing to do. */
    record Duplicate<T>(Message<T> message) implements Result<T> {
    }

    /** It failed for good. The message is null where none could be read. */
    record DeadLettered<T>(Message<T> message, Exception cause, int attempts) implements Result<T> {
    }

    /** Its partition is being revoked: the next owner will do it. */
    record Abandoned<T>() implements Result<T> {
    }
}
