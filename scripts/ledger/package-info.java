//SOURCES DigestTable.java
//SOURCES Ledger.java
//SOURCES LedgerPart.java
//SOURCES LedgerRestore.java
//SOURCES LedgerSample.java
//SOURCES LedgerTopic.java
//SOURCES RestoreSteps.java

/** Which messages were processed, remembered in the topic of their outcomes. */
package ledger;
