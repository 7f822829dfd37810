//SOURCES Copies.java
//SOURCES Encoding.java
//SOURCES ErrorHeaders.java
//SOURCES Family.java
//SOURCES Field.java
//SOURCES KafkaConnect.java
//SOURCES KafkaStreams.java
//SOURCES ReportedFailure.java
//SOURCES Row.java
//SOURCES ShareGroup.java
//SOURCES SmallRye.java
//SOURCES SpringKafka.java

/** Error headers: how each library that writes dead letters names and encodes them, and what of a record it copies. */
package families;
