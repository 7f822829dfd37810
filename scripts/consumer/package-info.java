//SOURCES Assignment.java
//SOURCES CommitPolicy.java
//SOURCES CorruptRecords.java
//SOURCES Delivery.java
//SOURCES Figures.java
//SOURCES Handled.java
//SOURCES OffsetQueue.java
//SOURCES OutcomeRecords.java
//SOURCES OutcomeWriter.java
//SOURCES OwnedPartition.java
//SOURCES PendingWrites.java
//SOURCES Positions.java
//SOURCES RefusedWrites.java
//SOURCES Report.java
//SOURCES RetryLater.java
//SOURCES TransactionRecovery.java
//SOURCES Workers.java

/** On the poll thread: partitions in, outcomes and dead letters out, then offsets. */
package consumer;
