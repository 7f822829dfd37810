package messages;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads the message from a record. */
@FunctionalInterface
public interface MessageReader<T> {
    /**
     * @throws PermanentFailure if the record holds no message, or one whose id is not the record's key: the ledger of
     * its partition would not know it. The record is dead-lettered.
     */
    Message<T> read(ConsumerRecord<byte[], byte[]> record) throws PermanentFailure;
}
