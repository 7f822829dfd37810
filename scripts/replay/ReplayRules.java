package replay;

import cli.ExitCode;
import cli.Failure;
import dlq.Letter;
import families.ReportedFailure;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import messages.DeadLetter;
import org.apache.kafka.clients.admin.NewTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import replay.Decision.Action;

/**
 * Whether a dead letter is sent, and where to: back to the topic that it came from or to another one, and after some
 * replays to the quarantine topic.
 */
@Command(optionListHeading = "Which to send, and where to:%n")
public final class ReplayRules {
    private static final String DEFAULT_PLACEMENT = "key";
    private static final String DEFAULT_MAX_REPLAYS = "3";
    private static final String QUARANTINE_SUFFIX = "-quarantine";
    private static final Pattern PLACE = Pattern.compile("(0|[1-9]\\d{0,8}):(0|[1-9]\\d{0,17})");

    @Option(names = "--skip", paramLabel = "P:O",
            description = "Leave out this one, such as 0:3. May be given several times.")
    private Set<String> skipped = Set.of();

    @Option(names = "--to", paramLabel = "TOPIC", description = "Send all to this topic, not to their origins.")
    private String to;

    @Option(names = "--partition", defaultValue = DEFAULT_PLACEMENT, paramLabel = "key|original",
            description = "Which partition to send to: the key's, or that of the origin "
                    + "(default: ${DEFAULT-VALUE}).")
    private Placement placement;

    enum Placement { key, original }

    @Option(names = "--fetch-original",
            description = "Where the value was not copied, read key and value from the original record.")
    private boolean fetchOriginal;

    @Option(names = "--max-replays", defaultValue = DEFAULT_MAX_REPLAYS, paramLabel = "N",
            description = "A record that failed again after N replays goes to the quarantine topic "
                    + "(default: ${DEFAULT-VALUE}).")
    private int maxReplays;

    @Option(names = "--quarantine-topic", paramLabel = "TOPIC",
            description = "The quarantine topic (default: the dead-letter topic's name plus -quarantine).")
    private String quarantine;

    /**
     * Fills in what was not given.
     *
     * @throws Failure if the options make no sense for this dead-letter topic
     */
    void complete(String topic) {
        quarantine = quarantine == null ? topic + QUARANTINE_SUFFIX : quarantine;
        String wrong = maxReplays < 0 ? "--max-replays has to be 0 or more."
                : topic.equals(to) ? "--to " + to + " is the dead-letter topic itself: give another."
                : topic.equals(quarantine) ? "--quarantine-topic " + quarantine + " is the dead-letter topic itself: "
                        + "give another."
                : skipped.stream().filter(place -> !PLACE.matcher(place).matches()).findFirst().map(place ->
                        "--skip " + place + " is not a place in a topic: give PARTITION:OFFSET, such as 0:3.")
                        .orElse(null);
        if (wrong != null) {
            throw new Failure(ExitCode.USAGE, wrong);
        }
    }

    /** What to do with a dead letter, as far as that is known without its original. */
    Decision decide(Letter letter) {
        if (skipped.contains(letter.at())) {
            return Decision.leave(letter, Action.SKIPPED);
        }
        if (letter.replays() >= maxReplays) {
            return quarantine(letter);
        }
        Optional<ReportedFailure> origin = letter.origin();
        String target = to != null ? to : origin.map(ReportedFailure::topic).orElse(null);
        if (target == null) {
            return Decision.leave(letter, Action.NO_ORIGIN);
        }
        if (!letter.copied() && !fetchOriginal) {
            return Decision.leave(letter, Action.NOT_COPIED);
        }
        return new Decision(letter, Action.REPLAYED, target,
                placement == Placement.key ? null : origin.map(ReportedFailure::partition).orElse(null));
    }

    /** The same decision, or quarantine if the original turns out to have been replayed too often. */
    Decision decide(Decision before, int replays) {
        return replays >= maxReplays ? quarantine(before.letter()) : before;
    }

    private Decision quarantine(Letter letter) {
        return new Decision(letter, Action.QUARANTINED, quarantine, null);
    }

    /** The quarantine topic, as it is created if it is missing. */
    public NewTopic quarantineTopic() {
        return DeadLetter.topic(quarantine);
    }

    public String quarantine() {
        return quarantine;
    }

    public int maxReplays() {
        return maxReplays;
    }

    public boolean fetchOriginal() {
        return fetchOriginal;
    }

    /** The part of a progress key that says where dead letters are sent, and which cannot be sent. */
    String progressKey() {
        return to + "\n" + fetchOriginal;
    }
}
