//SOURCES AdminAnswers.java
//SOURCES Cluster.java
//SOURCES ClusterFailure.java
//SOURCES Connection.java
//SOURCES GroupProgress.java
//SOURCES KafkaErrors.java
//SOURCES Probe.java
//SOURCES StaticMember.java
//SOURCES TopicAdmin.java
//SOURCES TopicReader.java
//SOURCES TransactionVersion.java

/** A Kafka cluster from code: topics and their shape, reading one to its end, what an error means. */
package cluster;
