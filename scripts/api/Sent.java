package api;

/** What is known of an order that was given to the producer. */
public sealed interface Sent {
    /** It is written, and acknowledged by as many replicas as {@code --acks} asks for. */
    record Acknowledged(int partition, long offset) implements Sent {
    }

    /** It is not written, and will not be. */
    record Refused(String why) implements Sent {
    }

    /** It is not written: too many orders were waiting for Kafka. */
    record TooBusy() implements Sent {
    }

    /** It may be written already, or may be written later. */
    record Unknown(String why) implements Sent {
    }
}
