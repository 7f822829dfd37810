//SOURCES DigestTable.java
//SOURCES Ledger.java
//SOURCES LedgerRestore.java

/** Which orders were processed, remembered in order-outcomes. */
package ledger;
