//SOURCES KafkaOptions.java
//SOURCES TopicReader.java

/** Reaching a Kafka cluster, and reading a topic of it to its end. */
package cluster;
