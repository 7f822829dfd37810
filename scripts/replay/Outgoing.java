package replay;

import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A dead letter, and the record to send for it.
 *
 * @param replays how often it was replayed before
 * @param record  what to send; null if its decision is to send nothing
 */
public record Outgoing(Decision decision, int replays, ProducerRecord<byte[], byte[]> record) {
}
