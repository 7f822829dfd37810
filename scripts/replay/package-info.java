//SOURCES AuditLog.java
//SOURCES Decision.java
//SOURCES JsonEdit.java
//SOURCES LetterBatches.java
//SOURCES Outgoing.java
//SOURCES RateLimit.java
//SOURCES RecordEdits.java
//SOURCES ReplayOptions.java
//SOURCES ReplayPlan.java
//SOURCES ReplayProgress.java
//SOURCES ReplayResult.java
//SOURCES ReplayRules.java
//SOURCES ReplaySettings.java
//SOURCES Sending.java

/** Replay of dead letters: which of them, where to and as what; in batches, the progress committed after each. */
package replay;
