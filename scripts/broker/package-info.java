//SOURCES DataFolder.java
//SOURCES Listeners.java
//SOURCES NodeOptions.java
//SOURCES PortTaken.java
//SOURCES Ports.java

/** What a Kafka broker needs of the machine it runs on: ports, and a folder. */
package broker;
