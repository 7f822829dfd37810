package replay;

import cli.ExitCode;
import cli.Failure;
import cli.FreezePoint;
import dlq.Letter;
import dlq.LetterFilter;
import families.ErrorHeaders;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import replay.Decision.Action;

/** The options of a replay: which dead letters, where to, as what, and how; and the decision that follows from them. */
@Command(optionListHeading = "How far:%n")
public final class ReplayOptions {
    @Option(names = "--dlq-partition", paramLabel = "P", description = "Only those in this partition.")
    private void partition(int partition) {
        filter.onlyPartition(partition);
    }

    @Option(names = "--limit", paramLabel = "N", description = "Only the first N that can be sent and were not sent "
            + "before.")
    private Integer limit;

    @Option(names = "--group", paramLabel = "GROUP",
            description = "The consumer group that keeps the progress (default: a name made from topic, filter, --to "
                    + "and --fetch-original). Kafka deletes it some time after the last run with --execute: "
                    + "offsets.retention.minutes, 7 days by default. Run one replay at a time: two would send twice; "
                    + "with --exactly-once the later one fences the earlier.")
    private String group;

    @Option(names = "--from-beginning",
            description = "Also replay what was replayed before. The progress is not reset.")
    private boolean fromBeginning;

    @Mixin
    private LetterFilter filter;

    @Mixin
    private ReplayRules rules;

    @Mixin
    private RecordEdits edits;

    @Mixin
    private Delivery delivery;

    @Command(optionListHeading = "How to send them:%n")
    static final class Delivery {
        @ArgGroup(multiplicity = "0..1")
        private Mode mode = new Mode();

        @Option(names = "--rate", paramLabel = "N", description = "Send at most N per second.")
        private Integer rate;

        @Option(names = "--exactly-once",
                description = "Send each batch in one transaction with the progress: consumers with "
                        + "isolation.level=read_committed get nothing twice.")
        private boolean exactlyOnce;

        @Option(names = "--audit", paramLabel = "FILE",
                description = "Add a line of JSON to this file for each dead letter that was sent, skipped or gone.")
        private Path audit;

        @Option(names = "--freeze-at", paramLabel = "sent",
                description = "For tests: freeze the process (SIGSTOP) the first time that records are acknowledged "
                        + "and the progress is not committed; then kill it, or continue it (SIGCONT).")
        private String freezeAt;
    }

    static final class Mode {
        @Option(names = "--dry-run", description = "Only say what would be sent (the default).")
        private boolean dryRun;

        @Option(names = "--execute", description = "Send.")
        private boolean execute;
    }

    /**
     * Fills in what was not given.
     *
     * @throws Failure if the options make no sense for this dead-letter topic
     */
    public void complete(String topic) {
        String wrong = limit != null && limit < 1 || delivery.rate != null && delivery.rate < 1
                ? "--limit and --rate have to be 1 or more."
                : filter.until() != null && filter.until().ago() ? "--until " + filter.until().given()
                        + " is a different time in each run, and would skip dead letters for good: give a time, such "
                        + "as 2026-01-31T12:00:00Z."
                : null;
        if (wrong != null) {
            throw new Failure(ExitCode.USAGE, wrong);
        }
        FreezePoint.arm(delivery.freezeAt, FreezePoint.SENT);
        rules.complete(topic);
    }

    /**
     * Names the replay that a progress belongs to: the same for all options that neither select other dead letters nor
     * send them elsewhere. It is kept in Kafka, and consists of the keys of filter and rules.
     */
    public String progressKey() {
        return filter.progressKey() + "\n" + rules.progressKey();
    }

    /** What to do with a dead letter, as far as that is known without its original. */
    public Decision decide(Letter letter) {
        return rules.decide(letter);
    }

    /**
     * Makes the record to send. If its original has to be fetched, that may be gone, or due for quarantine.
     *
     * @param originals finds the original of a dead letter, if its topic still has it
     * @throws Failure if it cannot be edited as asked for
     */
    public Outgoing outgoing(Decision decision, Function<Letter, Optional<ConsumerRecord<byte[], byte[]>>> originals) {
        Letter letter = decision.letter();
        int replays = letter.replays();
        return switch (decision.action()) {
            case REPLAYED -> letter.copied()
                    ? new Outgoing(decision, replays, edits.replayed(decision, letter.record(),
                            ErrorHeaders.originalTimestamp(letter.record()), replays))
                    : originals.apply(letter).map(original -> fetched(decision, original)).orElseGet(() ->
                            new Outgoing(Decision.leave(letter, Action.GONE), replays, null));
            case QUARANTINED -> new Outgoing(decision, replays,
                    RecordEdits.quarantined(decision, letter.record(), List.of()));
            case NO_ORIGIN, NOT_COPIED, SKIPPED, GONE -> new Outgoing(decision, replays, null);
        };
    }

    private Outgoing fetched(Decision before, ConsumerRecord<byte[], byte[]> original) {
        Letter letter = before.letter();
        int replays = letter.headersCopied() ? letter.replays() : Letter.replays(original.headers());
        Decision decision = rules.decide(before, replays);
        return new Outgoing(decision, replays, decision.action() == Action.QUARANTINED
                ? RecordEdits.quarantined(decision, original, letter.record().headers())
                : edits.replayed(decision, original, null, replays));
    }

    /** @throws Failure if its record is to be edited and cannot be; one that has to be fetched is not tried */
    public void tryEdits(Decision decision) {
        if (decision.action() == Action.REPLAYED && decision.letter().copied()) {
            edits.edited(decision.letter(), decision.letter().record().value());
        }
    }

    public LetterFilter filter() {
        return filter;
    }

    public ReplayRules rules() {
        return rules;
    }

    /** How many to send at most. */
    public long limit() {
        return limit == null ? Long.MAX_VALUE : limit;
    }

    public boolean execute() {
        return delivery.mode.execute;
    }

    /** How many to send per second; null for no limit. */
    public Integer rate() {
        return delivery.rate;
    }

    /** How many dead letters to send at a time: no more than may be sent in a second. */
    public int atOnce(int most) {
        return delivery.rate == null ? most : Math.min(most, delivery.rate);
    }

    public boolean exactlyOnce() {
        return delivery.exactlyOnce;
    }

    /** The group to keep the progress in; null for the default. */
    public String group() {
        return group;
    }

    public boolean fromBeginning() {
        return fromBeginning;
    }

    /** The file to add to; null for none. */
    public Path audit() {
        return delivery.audit;
    }
}
