//SOURCES DeadLetter.java
//SOURCES Digest.java
//SOURCES IdempotencyConflict.java
//SOURCES Json.java
//SOURCES Message.java
//SOURCES MessageReader.java
//SOURCES OutcomeFormat.java
//SOURCES PermanentFailure.java
//SOURCES TransientFailure.java

/** What a record is to code that knows no orders: an id and a content digest; its JSON, failures and dead letter. */
package messages;
