package cli;

import java.util.Map;
import java.util.Properties;

/**
 * The settings of a Kafka client. Those that a guarantee needs are fixed: another value in {@code --command-config} is
 * an error. The others are only better defaults.
 */
public final class Settings {
    private final Properties settings;
    private final Map<String, String> instead;

    /**
     * @param settings those that every client starts with; they are added to
     * @param instead  by setting: what to do instead of giving it, such as {@code ", and use --group"}
     */
    public Settings(Properties settings, Map<String, String> instead) {
        this.settings = settings;
        this.instead = instead;
    }

    public void prefer(String setting, Object value) {
        settings.putIfAbsent(setting, value);
    }

    /** @throws Failure if it is given with another value */
    public void fix(String setting, Object value) {
        Object given = settings.put(setting, value);
        if (given != null && !String.valueOf(given).trim().equalsIgnoreCase(String.valueOf(value))) {
            throw new Failure(ExitCode.USAGE, "--command-config sets " + setting + "=" + given + ", but this script "
                    + "needs " + setting + "=" + value + ": remove it there" + instead.getOrDefault(setting, "") + ".");
        }
    }

    /** @throws Failure if it is given: the script must not have it */
    public void forbid(String setting) {
        Object given = settings.get(setting);
        if (given != null) {
            throw new Failure(ExitCode.USAGE, "--command-config sets " + setting + "=" + given + ", which this script "
                    + "does not use: remove it there.");
        }
    }
}
