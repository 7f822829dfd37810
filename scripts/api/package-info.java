//SOURCES Answers.java
//SOURCES ApiDocs.java
//SOURCES Claim.java
//SOURCES DeliveryOptions.java
//SOURCES IdempotencyKey.java
//SOURCES IdempotencyOptions.java
//SOURCES KnownOrders.java
//SOURCES OrderProducer.java
//SOURCES OrderRequest.java
//SOURCES OrderView.java
//SOURCES ProducerSettings.java
//SOURCES Reachability.java
//SOURCES Sent.java
//SOURCES TimeLimit.java

/** Orders over HTTP: what a request is, which orders are known, the acknowledged producer, the answers. */
package api;
