package messages;

import java.util.concurrent.ExecutionException;

/** Stands in for a failure that cannot be reported, because it throws another one when asked for its message. */
public final class UnreadableFailure extends Exception {
    private UnreadableFailure(Throwable failure, Throwable why) {
        super("a " + failure.getClass().getName() + ", whose message cannot be read: that throws a "
                + why.getClass().getName());
    }

    /** The failure itself if its message can be read, else one in its place. Never throws. */
    public static Exception unlessReadable(Throwable failure) {
        try {
            failure.getMessage();
            return failure instanceof Exception exception ? exception : new ExecutionException(failure);
        } catch (Throwable e) { // a stack overflow, too
            return new UnreadableFailure(failure, e);
        }
    }
}
