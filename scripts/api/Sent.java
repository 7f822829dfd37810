package api;

/** What is known of an order that was given to the producer. */
public sealed interface Sent {
    /** It is written, and acknowledged by as many replicas as {@code --acks} asks for. */
    record Acknowledged(int partition, long offset) implements Sent {
    }

    /** It is not written, and will not be. */
    record Refused(String why) implements Sent {
    }

    /** It is not written: as many orders as may wait for Kafka were waiting already. */
    record TooBusy() implements Sent {
    }

    /** It may be written, or may still be. */
    record Unknown(String why) implements Sent {
    }
}
