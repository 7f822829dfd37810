package proxy;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a rule does to a request, or to its answer. A request that meets several rules meets them in this order. */
public enum Action {
    /** The request waits for a fixed time. */
    DELAY,
    /** The request waits until it is released. It then goes on even if its client has given up: it is a late one. */
    HOLD,
    /** The connection is closed, and the broker never gets the request. */
    CLOSE,
    /** The broker gets the request; its answer, and what comes after it, waits until it is released. */
    HOLD_ANSWER,
    /** The broker gets the request; its answer is thrown away, and the connection closed. */
    DROP_ANSWER;

    /** As a command, and after two dashes as an option: hold-answer. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<Action> of(String word) {
        return Arrays.stream(values()).filter(action -> action.word().equals(word)).findFirst();
    }
}
