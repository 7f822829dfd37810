//SOURCES Backoff.java
//SOURCES Gate.java
//SOURCES Handler.java
//SOURCES KeyedWorkers.java
//SOURCES Processing.java
//SOURCES Result.java

/** The work on one order, on a worker's thread: look it up, handle it, retry. */
package work;
