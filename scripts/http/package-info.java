//SOURCES HttpAccess.java
//SOURCES HttpBodies.java
//SOURCES HttpLimits.java
//SOURCES HttpProblem.java
//SOURCES HttpRoutes.java
//SOURCES ProblemType.java
//SOURCES StaticFile.java

/** HTTP as the API needs it around the JDK's server: routes, limits, problems, and who may use it. */
package http;
