//DEPS io.micrometer:micrometer-registry-prometheus:1.17.2
//SOURCES Endpoints.java
//SOURCES Health.java
//SOURCES Meters.java
//SOURCES Metrics.java
//SOURCES MetricsOptions.java
//SOURCES TimedCommits.java

/** What a consumer does, in figures for Prometheus, and whether it is healthy, both over HTTP. */
package metrics;
