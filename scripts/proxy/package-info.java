//SOURCES Action.java
//SOURCES Addresses.java
//SOURCES Control.java
//SOURCES FaultOptions.java
//SOURCES Faults.java
//SOURCES Frames.java
//SOURCES Link.java
//SOURCES ListenOptions.java
//SOURCES Listeners.java
//SOURCES Numbers.java
//SOURCES Request.java
//SOURCES Rule.java

/** A proxy that knows Kafka's protocol: frames, rules that meet a request, addresses in answers, commands. */
package proxy;
