//SOURCES DeadLetter.java
//SOURCES Digest.java
//SOURCES IdempotencyConflict.java
//SOURCES PermanentFailure.java
//SOURCES TransientFailure.java

/** What a record is to those who know no orders: an id and a content digest; how it fails; its dead letter. */
package messages;
