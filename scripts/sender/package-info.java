//SOURCES Copies.java
//SOURCES OrderClient.java

/** What a client of the API does: it sends an order until it has an answer, and many at a time. */
package sender;
