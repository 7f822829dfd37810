//SOURCES Context.java
//SOURCES DeadLetter.java
//SOURCES Digest.java
//SOURCES IdempotencyConflict.java
//SOURCES Json.java
//SOURCES Message.java
//SOURCES MessageReader.java
//SOURCES NotNow.java
//SOURCES OutcomeFormat.java
//SOURCES PermanentFailure.java
//SOURCES Trace.java
//SOURCES TransientFailure.java
//SOURCES UnreadableFailure.java

/** What a record is to code that knows no orders: an id and a content digest; its JSON, failures and dead letter. */
package messages;
