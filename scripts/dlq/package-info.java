//SOURCES CountLetters.java
//SOURCES DlqCommand.java
//SOURCES Letter.java
//SOURCES LetterFilter.java
//SOURCES LetterPrinter.java
//SOURCES ListLetters.java
//SOURCES OffsetRange.java
//SOURCES ShowLetter.java
//SOURCES Tally.java

/** Dead letters: read, listed, counted, shown. */
package dlq;
