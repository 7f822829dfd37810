//SOURCES ApiDocs.java
//SOURCES HttpBodies.java
//SOURCES HttpLimits.java
//SOURCES HttpProblem.java
//SOURCES HttpRoutes.java
//SOURCES IdempotencyKey.java
//SOURCES OrderView.java
//SOURCES ProblemType.java
//SOURCES Recent.java

/** Orders over HTTP: routes, limits, problems, idempotency keys. */
package api;
