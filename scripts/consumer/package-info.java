//SOURCES Assignment.java
//SOURCES ConsumerOptions.java
//SOURCES Delivery.java
//SOURCES FreezePoint.java
//SOURCES Handled.java
//SOURCES ManualCommit.java
//SOURCES OffsetQueue.java
//SOURCES Outbound.java
//SOURCES OutcomeCommit.java
//SOURCES OwnedPartition.java
//SOURCES Report.java
//SOURCES TransactionalCommit.java
//SOURCES Unwritten.java

/** From the poll to the commit, on the poll thread: partitions, outcomes and dead letters out, then offsets. */
package consumer;
