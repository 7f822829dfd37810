//DEPS io.github.resilience4j:resilience4j-circuitbreaker:2.4.0
//SOURCES Backoff.java
//SOURCES Breaker.java
//SOURCES Gate.java
//SOURCES Handler.java
//SOURCES KeyedWorkers.java
//SOURCES Processing.java
//SOURCES Reminder.java
//SOURCES Result.java

/** On the workers' threads: look a message up, handle it, retry. */
package work;
