package messages;

/**
 * What a record holds, as far as deduplication needs to know.
 *
 * @param id      what makes two records the same message: the record's key
 * @param content a digest of what must be equal in two records of one message
 * @param body    what a handler works on, such as an order
 */
public record Message<T>(String id, Digest content, T body) {
}
