package cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** The exit codes of all scripts. A signal gives 130 (Ctrl-C) or 143 (SIGTERM), as usual for a JVM. */
public enum ExitCode {
    OK(0, "done, or stopped when asked to"),
    FAILED(1, "failed, or not everything is as it should be"),
    USAGE(2, "wrong options or settings"),
    NO_BROKER(3, "Kafka cannot be reached");

    private final int code;
    private final String meaning;

    ExitCode(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    public int code() {
        return code;
    }

    /** For {@code --help}: code and meaning, the signals too. */
    static Map<String, String> all() {
        Map<String, String> all = new LinkedHashMap<>();
        for (ExitCode one : values()) {
            all.put(String.valueOf(one.code), one.meaning);
        }
        all.put("130, 143", "ended by Ctrl-C or SIGTERM");
        return all;
    }
}
