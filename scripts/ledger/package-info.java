//SOURCES DigestTable.java
//SOURCES Ledger.java
//SOURCES LedgerRestore.java
//SOURCES LedgerTopic.java

/** Which messages were processed, remembered in the topic of their outcomes. */
package ledger;
