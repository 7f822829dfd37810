package api;

/** What is known of an order that was given to the producer. */
public sealed interface Sent {
    /** It is written, and acknowledged by as many replicas as {@code --acks} asks for. */
    record Acknowledged(int partition, long offset) implements Sent {
    }

    /** It is not written, and will not be. */
    record Refused(String why, Cause cause) implements Sent {
    }

    /** It may be written already, or may be written later. */
    record Unknown(String why) implements Sent {
    }

    /** Why an order is refused. */
    enum Cause {
        /** Too many orders are waiting for Kafka. */
        TOO_BUSY,

        /** Kafka cannot be reached, or gives no answer in time: that may pass. */
        AWAY,

        /** The record is larger than the topic, or the producer, takes. */
        TOO_LARGE,

        /** Kafka does not take this record, now or later, unless somebody changes something there. */
        NOT_ALLOWED
    }
}
