//SOURCES Answers.java
//SOURCES ApiDocs.java
//SOURCES Claim.java
//SOURCES DeliveryOptions.java
//SOURCES HttpBodies.java
//SOURCES HttpLimits.java
//SOURCES HttpProblem.java
//SOURCES HttpRoutes.java
//SOURCES IdempotencyKey.java
//SOURCES IdempotencyOptions.java
//SOURCES KnownOrders.java
//SOURCES OrderProducer.java
//SOURCES OrderRequest.java
//SOURCES OrderView.java
//SOURCES ProblemType.java
//SOURCES ProducerSettings.java
//SOURCES Reachability.java
//SOURCES Sent.java
//SOURCES TimeLimit.java

/** Orders over HTTP: routes, limits, problems, idempotency keys, the acknowledged producer. */
package api;
