package history;

import java.util.List;

/**
 * Something that is wrong.
 *
 * @param sentence what is wrong with which records
 * @param ids the operations it is about
 * @param evidence the events that show it; those with a place can be looked up in the topics
 */
public record Anomaly(Kind kind, String sentence, List<Id> ids, List<Event> evidence) {
    /**
     * What can be wrong. Where two names would fit one defect, only one is given: each description says which.
     */
    public enum Kind {
        /**
         * An operation was accepted, or a reader has seen a record of it, and no record of it is in the log. Not if
         * retention removed it (its place is before the log's start). Jepsen: {@code lost} in a set,
         * {@code lost-write} in its Kafka workload, which also counts writes that were only seen.
         */
        LOST,

        /**
         * An operation was accepted with a place, and is in the log, but at that place is another record or none.
         * Jepsen: {@code inconsistent-offsets}.
         */
        MOVED,

        /** Every attempt was refused ("nothing was written"), and it is there. Jepsen: {@code G1a}, aborted read. */
        REFUSED_BUT_WRITTEN,

        /**
         * An operation has more records than it has writers that may have written it (see {@link Event.Invoked}): one
         * of them wrote it twice. Jepsen: {@code duplicate}.
         */
        DUPLICATED,

        /**
         * A record that no attempt was made to write, or an outcome or dead letter of a record that is not where it
         * says (if the record is LOST, that says it). Jepsen: {@code unexpected} in a set.
         */
        PHANTOM,

        /**
         * The group has committed an offset beyond a record that has neither an outcome nor a dead letter, nor was the
         * same operation processed from an earlier record. Nothing will ever be done with it. Jepsen has no consumer
         * that acts; nearest is {@code poll-skip}.
         */
        NO_FATE,

        /**
         * One name has two outcomes, or one record two fates of which one is a dead letter. Jepsen has no name for it.
         */
        TWICE,

        /**
         * Two records with one key, in one partition, were processed the other way round: their outcomes are in one
         * partition, in reverse. Or a record was dead-lettered as a conflict with one that is only behind it. Of
         * several outcomes of one record, the first counts. Jepsen: {@code nonmonotonic-poll}, but for effects.
         */
        WRONG_ORDER,

        /** A dead letter's bytes are not those of its record. Jepsen has no name for it. */
        ALTERED,

        /**
         * An offset beyond a record was committed before the record had its fate. It got one later: without that it is
         * NO_FATE. A crash in between would have lost it. Judged only of fates in topics, whose ends were seen: an
         * effect elsewhere does not say when it was there. Jepsen has no name for it.
         */
        AHEAD,

        /**
         * A log starts beyond the group's committed offset: records were removed before they were processed, and the
         * program did not report that. Jepsen: {@code poll-skip}.
         */
        SKIPPED,

        /**
         * Of the records of one transaction, some are there and others are not. They are not LOST or
         * REFUSED_BUT_WRITTEN then. Jepsen's report on Bufstream 0.1.0 calls it a torn transaction.
         */
        TORN,

        /**
         * A record has no fate, is not yet passed by a committed offset, and had the longest time that the mode allows,
         * from the last fault (or its end) or the last attempt to the final read. Or it has one, that was seen for as
         * long, and the committed offset stays before it, though it is the next. Jepsen: {@code unseen}.
         */
        STALLED
    }
}
