package history;

import history.History.Entry;
import java.util.List;
import java.util.stream.Stream;

/**
 * All attempts to write one thing.
 *
 * @param attempts in order, one at least
 */
public record Operation(Id id, List<Attempt> attempts) {
    /** What is known of an operation. */
    public enum State {
        /** One attempt was accepted: it has to be there. */
        OK,

        /** Every attempt was refused: it must not be there. */
        FAILED,

        /** Anything else: it may be there or not. */
        UNKNOWN
    }

    /**
     * One attempt.
     *
     * @param answer null if there was none
     */
    public record Attempt(Entry invoked, Entry answer) {
        Event.Invoked invocation() {
            return (Event.Invoked) invoked.event();
        }

        boolean was(Class<? extends Event.Answer> kind) {
            return answer != null && kind.isInstance(answer.event());
        }
    }

    public State state() {
        if (attempts.stream().anyMatch(attempt -> attempt.was(Event.Accepted.class))) {
            return State.OK;
        }
        return attempts.stream().allMatch(attempt -> attempt.was(Event.Refused.class)) ? State.FAILED : State.UNKNOWN;
    }

    Stream<Event.Accepted> accepted() {
        return attempts.stream().filter(attempt -> attempt.was(Event.Accepted.class))
                .map(attempt -> (Event.Accepted) attempt.answer().event());
    }

    /** How many writers may have written it: those that do not say of each attempt that they wrote nothing. */
    long writers() {
        return attempts.stream().filter(attempt -> !attempt.was(Event.Refused.class))
                .map(attempt -> attempt.invocation().writer()).distinct().count();
    }

    Stream<String> transactions() {
        return attempts.stream().map(attempt -> attempt.invocation().transaction()).filter(name -> name != null)
                .distinct();
    }
}
