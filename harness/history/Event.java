package history;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Map;

/** Something that happened. What an id, a record and an effect is, the story says: nothing here knows an order. */
@JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "type")
@JsonSubTypes({@Type(Event.Invoked.class), @Type(Event.Accepted.class), @Type(Event.Refused.class),
    @Type(Event.Unknown.class), @Type(Event.Record.class), @Type(Event.Outcome.class), @Type(Event.DeadLetter.class),
    @Type(Event.Offsets.class), @Type(Event.GapReported.class), @Type(Event.Fault.class)})
public sealed interface Event {
    /**
     * An attempt of an operation begins: noted before the request is sent. The index of this event is the attempt's
     * number.
     *
     * @param writer what promises to write an operation once, however often it is asked to: one life of an API, one run
     *         of a replay, a producer that sends a record directly (each such record has a writer of its own)
     * @param transaction the transaction that the record is written in; null without one
     */
    record Invoked(Id id, String writer, String transaction) implements Event {
        public Invoked(Id id, String writer) {
            this(id, writer, null);
        }
    }

    /** How an attempt ended: noted after the response was read. An attempt without an answer is unknown, too. */
    sealed interface Answer extends Event {
        long attempt();
    }

    /**
     * The attempt's record is written.
     *
     * @param place where it is, as the answer says; null if the answer does not say that
     */
    record Accepted(long attempt, Place place, String said) implements Answer {
    }

    /** Nothing was written, and nothing will be: the answer says so, and the checker holds it to that. */
    record Refused(long attempt, String said) implements Answer {
    }

    /** Something was written, or nothing: a time-out, a connection reset, an answer that says that it does not know. */
    record Unknown(long attempt, String said) implements Answer {
    }

    /**
     * A record of an input topic, as a reader sees it (with {@code read_committed}).
     *
     * @param key the record's key: records with the same key are processed in order; null if there is none
     * @param bytes a digest of everything that a dead letter shall keep; null if that is not known
     */
    record Record(Place place, Id id, String key, String bytes) implements Event {
    }

    /** What was done with a record. */
    sealed interface Fate extends Event {
        Place place();

        Id id();

        Place source();
    }

    /**
     * The record was processed: this is its effect. (A note that it was dead-lettered is not one: the dead letter is.)
     *
     * @param place where the effect is: in a topic, or a name and a number that say it of a row in a database
     * @param source the place of the record; null if the effect does not say that
     */
    record Outcome(Place place, Id id, Place source) implements Fate {
    }

    /**
     * The record was put aside.
     *
     * @param conflict whether it says that its name was processed before, with another content
     * @param bytes as in {@link Record}; null if that is not known (a dead letter that only refers to its record)
     */
    record DeadLetter(Place place, Id id, Place source, boolean conflict, String bytes) implements Fate {
    }

    /**
     * The offsets that the group has committed, and <em>then</em> the logs' starts and ends: what was written before a
     * commit that is seen here is before those ends.
     *
     * @param committed by input partition; a partition without a committed offset is not in it
     * @param starts the log start offsets, by partition
     * @param ends of the topics of outcomes and dead letters, by partition, read with {@code read_uncommitted}: the end
     *         of a transaction is seen in one partition before it is in another
     */
    record Offsets(Map<String, Long> committed, Map<String, Long> starts, Map<String, Long> ends) implements Event {
    }

    /** The program under test has reported that records are gone: from one offset up to, not including, another. */
    record GapReported(String partition, long from, long to) implements Event {
    }

    /**
     * Something was done to the system: a fault, or the end of one.
     *
     * @param target the name of what it was done to, such as consumer-1
     * @param detail more about it, for people; may be null
     */
    record Fault(Kind kind, String target, String detail) implements Event {
        /** What was done. */
        public enum Kind { KILL, FREEZE, THAW, START, STOP, NETWORK, RETENTION, OTHER }
    }
}
