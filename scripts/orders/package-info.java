//SOURCES DuplicateCheck.java
//SOURCES InvalidOrder.java
//SOURCES MalformedRecord.java
//SOURCES Order.java
//SOURCES OrderReader.java
//SOURCES OrderRejected.java
//SOURCES OrderTopics.java
//SOURCES Outcome.java
//SOURCES OutcomeCounts.java
//SOURCES OutcomeJson.java
//SOURCES SimulatedWork.java
//SOURCES TopicOptions.java
//SOURCES Topics.java
//SOURCES WorkTime.java

/** What an order is, what its outcomes and failures are, and the topics that hold them. */
package orders;
