//SOURCES DeadLetter.java
//SOURCES Digest.java
//SOURCES IdempotencyConflict.java
//SOURCES InvalidOrder.java
//SOURCES Json.java
//SOURCES MalformedRecord.java
//SOURCES Order.java
//SOURCES OrderRejected.java
//SOURCES Outcome.java
//SOURCES PermanentFailure.java
//SOURCES Topics.java
//SOURCES TransientFailure.java

/** What an order is, what can become of it, and the topics that hold both. */
package orders;
