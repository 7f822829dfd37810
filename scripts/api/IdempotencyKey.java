package api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import http.HttpProblem;
import http.ProblemType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the idempotency key of a request: the header {@code Idempotency-Key} (IETF draft
 * draft-ietf-httpapi-idempotency-key-header), {@code X-Idempotency-Key}, or the body's {@code idempotency_key}.
 */
public final class IdempotencyKey {
    private static final int LONGEST = 255;
    private static final int LONGEST_QUOTED = 2 * LONGEST + 2 + 200; // every character escaped, and parameters
    private static final List<String> HEADERS = List.of("Idempotency-Key", "X-Idempotency-Key");
    /** A string, and parameters, which mean nothing here and are ignored (RFC 9651, 3.3.3 and 2). */
    private static final Pattern QUOTED = Pattern.compile("\"((?:[^\"\\\\]|\\\\[\"\\\\])*)\"(?: *; *[a-z*][a-z0-9_.*-]*"
            + "(?:=[^;\"]*|=\"(?:[^\"\\\\]|\\\\[\"\\\\])*\")?)*");

    private IdempotencyKey() {
    }

    /**
     * @return the key, or null if the request has none
     * @throws HttpProblem for an invalid key, or for several that differ
     */
    public static String of(Headers headers, ObjectNode body) {
        Set<String> keys = new LinkedHashSet<>();
        for (String name : HEADERS) {
            headers.getOrDefault(name, List.of()).forEach(value -> keys.add(unquoted(name, value.strip())));
        }
        if (body.hasNonNull("idempotency_key")) {
            String text = body.get("idempotency_key").textValue(); // null if it is not a text
            keys.add(checked("idempotency_key", text == null ? "" : text));
        }
        if (keys.size() > 1) {
            throw new HttpProblem(ProblemType.INVALID_IDEMPOTENCY_KEY,
                    "The request names several idempotency keys, in its headers or body: send one.");
        }
        return keys.isEmpty() ? null : keys.iterator().next();
    }

    private static String unquoted(String name, String value) {
        Matcher quoted = QUOTED.matcher(value);
        if (value.length() <= LONGEST_QUOTED && quoted.matches()) { // a longer one would overflow the matcher's stack
            return checked(name, quoted.group(1).replaceAll("\\\\(.)", "$1"));
        }
        return checked(name, value.startsWith("\"") ? "" : value);
    }

    private static String checked(String name, String key) {
        if (key.isBlank() || key.length() > LONGEST || !key.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
            throw new HttpProblem(ProblemType.INVALID_IDEMPOTENCY_KEY, name + " has to be 1 to " + LONGEST
                    + " printable ASCII characters, bare or as a quoted string.");
        }
        return key;
    }
}
